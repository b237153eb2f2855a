import { describe, expect, it } from "vitest";
import { layOutGraph, STEP_HEIGHT } from "../../src/dashboard/pages/chains/graph-layout.ts";
import {
  NOTHING_FOLLOWED,
  outputText,
  type RunStep,
  withRunEvent,
} from "../../src/dashboard/pages/chains/run-events.ts";
import { executionsOf, timelineOf } from "../../src/dashboard/pages/chains/run-timeline.ts";

const step = (id: string, ...needs: string[]) => ({ id, needs });

describe("the layout of a chain's graph", () => {
  it("places each step to the right of what it needs", () => {
    const { steps } = layOutGraph([step("c", "a", "b"), step("a"), step("b", "a")]);
    const xOf = new Map(steps.map(({ step: { id }, x }) => [id, x]));
    expect(xOf.get("a")).toBeLessThan(xOf.get("b") ?? 0);
    expect(xOf.get("b")).toBeLessThan(xOf.get("c") ?? 0);
  });

  it("lets no two steps of a column overlap", () => {
    const fan = Array.from({ length: 9 }, (_, n) => step(`s${n}`, "a"));
    const { steps, height } = layOutGraph([step("a"), ...fan]);
    const column = steps.filter(({ column: at }) => at === 1).map(({ y }) => y);
    const sorted = column.toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((y, at) => y - (sorted[at] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(STEP_HEIGHT);
    expect(height).toBeGreaterThan((sorted.at(-1) ?? 0) + STEP_HEIGHT / 2);
  });

  it("leads a line past the steps of the columns between", () => {
    const { steps, lines } = layOutGraph([step("a"), step("b", "a"), step("c", "b", "a")]);
    const line = lines.find(({ from, to }) => from === "a" && to === "c");
    const between = steps.find(({ step: { id } }) => id === "b");
    const passesAt = Number(/ (\d+(?:\.\d+)?)H/.exec(line?.path ?? "")?.[1]);
    expect(Math.abs(passesAt - (between?.y ?? 0))).toBeGreaterThanOrEqual(STEP_HEIGHT);
  });

  it("draws steps whose needs lead in a circle or nowhere", () => {
    const { steps, width } = layOutGraph([step("a", "b"), step("b", "a"), step("c", "gone")]);
    expect(steps).toHaveLength(3);
    expect(Number.isFinite(width)).toBe(true);
  });

  it("orders a column by what its steps read, so that lines do not cross", () => {
    const { steps } = layOutGraph([step("a"), step("b"), step("of-b", "b"), step("of-a", "a")]);
    const yOf = new Map(steps.map(({ step: { id }, y }) => [id, y]));
    expect((yOf.get("of-a") ?? 0) < (yOf.get("of-b") ?? 0)).toBe((yOf.get("a") ?? 0) < (yOf.get("b") ?? 0));
  });
});

function runStep(id: string, more: Partial<RunStep> = {}): RunStep {
  const none = { output: null, error: null, attempts: 0, cost_usd: 0, items: [] };
  return { id, prompt: `of-${id}`, status: "running", ...none, ...more };
}

describe("the events of a chain's run", () => {
  it("a step that has ended takes the place of the one that began", () => {
    const begun = withRunEvent(NOTHING_FOLLOWED, "step", runStep("a"), "b");
    const ended = withRunEvent(begun, "step", runStep("a", { status: "succeeded" }), "b");
    expect(ended.steps.map(({ status }) => status)).toEqual(["succeeded"]);
  });

  it("the last step's text begins anew where it is made again, and not where another is", () => {
    const told = withRunEvent(NOTHING_FOLLOWED, "delta", { step: "b", text: "half" }, "b");
    expect(withRunEvent(told, "retry", { step: "a", item: 0 }, "b").text).toBe("half");
    expect(withRunEvent(told, "retry", { step: "b", item: 0 }, "b").text).toBe("");
  });

  it("a list of outputs is numbered", () => {
    expect(outputText(["yes", null])).toBe("1. yes\n\n2. –");
    expect(outputText(null)).toBeNull();
  });
});

describe("the timeline of a chain's run", () => {
  const item = (n: number, ...executions: string[]) => ({ item: n, executions }) as unknown as RunStep["items"][number];
  const steps = [
    runStep("a", { items: [item(0, "e1", "e2")] }),
    runStep("b", { items: [item(0, "e3"), item(1, "e4")] }),
  ];

  it("has every try and item of the steps", () => {
    expect(executionsOf(steps)).toEqual(["e1", "e2", "e3", "e4"]);
  });

  it("places executions between the run's beginning and its end, and says which try they are", () => {
    const time = (startedAt: number, durationMs: number) => ({ startedAt, durationMs, status: "succeeded" });
    const times = new Map([
      ["e3", time(1_600, 400)],
      ["e1", time(1_000, 200)],
    ]);
    const { rows, wholeMs } = timelineOf(steps, times, { createdAt: 1_000, endedAt: 2_000 });
    expect(wholeMs).toBe(1_000);
    expect(rows.map(({ execution, note, left, width }) => [execution, note, left, width])).toEqual([
      ["e1", "try 1", 0, 0.2],
      ["e3", "item 1", 0.6, 0.4],
    ]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChainDefinition, ChainStep } from "../../../src/domain/chains/chain.ts";
import type { ChainItem, StepAnswer } from "../../../src/domain/chains/chain-run.ts";
import { outputOf, standOf, type StepCall, statusOf } from "../../../src/domain/chains/plan-run.ts";
import { readChain } from "../../../src/domain/chains/read-chain.ts";

const SEED = 20_261_126;

function chainOf(...steps: object[]): ChainDefinition {
  const source = JSON.stringify({ inputs: ["x"], steps });
  return readChain(source, "json", "c").definition;
}

function answer(output: string, more: Partial<StepAnswer> = {}): StepAnswer {
  const known = { model: "m", provider: "openai", prompt_version: 1, prompt_label: null, latency_ms: 1 } as const;
  return { status: "succeeded", output, ...known, ...more };
}

const failed = { status: "failed", error: { code: "provider_error", detail: "It broke." } } as const;

/** A run whose executions end at once, as `end` says. */
function runOf(definition: ChainDefinition, end: (call: StepCall) => ChainItem["end"], inputs: object = { x: "in" }) {
  const items: ChainItem[] = [];
  const calls: StepCall[] = [];
  for (;;) {
    const states = standOf({ definition, inputs: { ...inputs } }, items);
    const next = states
      .filter((state) => !state.end)
      .flatMap((state) => state.calls)
      .find(({ step, item }) => !items.some((each) => each.step === step.id && each.item === item));
    if (!next) return { states, calls, status: statusOf(states) };
    calls.push(next);
    items.push({ step: next.step.id, item: next.item, executions: [], end: end(next) });
  }
}

const said = (call: StepCall) => answer(`${call.step.id}${call.item}`);

describe("a run of a chain", () => {
  it("gives a lone expression as its value, and any other template as text", () => {
    const { calls } = runOf(
      chainOf(
        { id: "a", prompt: "p" },
        {
          id: "b",
          prompt: "p",
          variables: {
            list: "{{ inputs.x }}\n",
            text: "n={{ inputs.x[1] }} {{ steps.a.output }}",
            plain: "{ {",
            deep: [{ n: "{{ steps.a.output_json.n + 1 }}" }],
          },
        },
      ),
      () => answer("{}", { output_json: { n: 1.5 } }),
      { x: [1, 2.5, { k: null }] },
    );
    const [, b] = calls;
    expect(b?.variables).toEqual({ list: [1, 2.5, { k: null }], text: "n=2.5 {}", plain: "{ {", deep: [{ n: 2.5 }] });
  });

  it("runs a step for each item, and gives the next one their outputs in order", () => {
    const { calls, states, status } = runOf(
      chainOf(
        { id: "fan", prompt: "p", for_each: "{{ inputs.x }}", variables: { i: "{{ index }}", v: "{{ item }}" } },
        { id: "last", prompt: "p", variables: { all: "{{ steps.fan.output }}" } },
      ),
      said,
      { x: ["u", "v"] },
    );
    expect(calls.map(({ variables }) => variables)).toEqual([
      { i: 0, v: "u" },
      { i: 1, v: "v" },
      { all: ["fan0", "fan1"] },
    ]);
    expect([status, states.map(outputOf)]).toEqual(["succeeded", [["fan0", "fan1"], "last0"]]);
  });

  it("needs no execution for no items, and refuses what is no list or too long", () => {
    const fan = (list: unknown) =>
      runOf(chainOf({ id: "fan", prompt: "p", for_each: "{{ inputs.x }}" }), said, { x: list });
    expect(fan([]).states.map(outputOf)).toEqual([[]]);
    expect(fan("text").states[0]?.end).toMatchObject({ error: { detail: "steps.fan.for_each: must give a list" } });
    const tooMany = fan(Array.from({ length: 101 }, () => 1));
    expect(tooMany.states[0]?.end).toMatchObject({ status: "failed", error: { code: "validation_error" } });
    expect(tooMany.calls).toEqual([]);
  });

  it("fails a step whose templates take more than their share together, however many items it has", () => {
    const text = "{% for n in range(3000) %}{{ n }}{% endfor %}";
    const { states, calls } = runOf(
      chainOf({ id: "fan", prompt: "p", for_each: Array.from({ length: 100 }, () => 1), variables: { text } }),
      said,
    );
    expect(states[0]?.end).toMatchObject({ status: "failed", error: { code: "validation_error" } });
    expect([calls, JSON.stringify(states[0]?.end).includes("the step cap")]).toEqual([[], true]);
  });

  it("holds no variables of executions that are to be made: those of all may be too much", () => {
    const variables = { text: "{{ inputs.x }} {{ item }}" };
    const definition = chainOf({ id: "fan", prompt: "p", for_each: "{{ ['a', 'b'] }}", variables });
    const [state] = standOf({ definition, inputs: { x: "long" } }, []);
    const [first, second] = state?.calls ?? [];
    expect([first?.variables, second?.variables]).toEqual([{ text: "long a" }, { text: "long b" }]);
    expect(first?.variables).not.toBe(first?.variables);
  });

  it.each([
    ["{{ steps.a.output }}", "true", true],
    ["{{ steps.a.output }}", " False\n", false],
    ["{{ steps.a.output }}", "", false],
    ["steps.a.output == 'yes'", "yes", true],
    ["{% if steps.a.output == 'yes' %}true{% endif %}", "no", false],
    ["steps.a.output | length > 2", "yes", true],
    [false, "x", false],
  ])("runs a step where its condition holds: %s of %j", (when, output, runs) => {
    const { calls, status } = runOf(
      chainOf({ id: "a", prompt: "p" }, { id: "b", prompt: "p", when, variables: { a: "{{ steps.a.output }}" } }),
      () => answer(output),
    );
    expect([calls.length === 2, status]).toEqual([runs, "succeeded"]);
  });

  it("fails a step whose condition is neither true nor false", () => {
    const { states, status } = runOf(
      chainOf({ id: "a", prompt: "p" }, { id: "b", prompt: "p", when: "steps.a.output" }),
      () => answer("yes, surely"),
    );
    expect([status, states[1]?.end]).toMatchObject([
      "failed",
      { error: { detail: 'steps.b.when: gives "yes, surely", not true or false; compare it' } },
    ]);
  });

  it("skips what needs a step that failed, and goes on with the rest", () => {
    const definition = chainOf(
      { id: "bad", prompt: "p" },
      { id: "after", prompt: "p", variables: { a: "{{ steps.bad.output | default('none') }}" } },
      { id: "later", prompt: "p", variables: { a: "{{ steps.after.output | default('none') }}" } },
      { id: "good", prompt: "p" },
    );
    const { states, status, calls } = runOf(definition, (call) => (call.step.id === "bad" ? failed : said(call)));
    expect(states.map(({ end }) => end?.status)).toEqual(["failed", "skipped", "skipped", "succeeded"]);
    expect(states[2]?.end).toMatchObject({ reason: "steps.after was skipped", failure: true });
    expect([status, calls.length]).toEqual(["partial", 2]);
    const [bad, after, later, good] = definition.steps as [ChainStep, ChainStep, ChainStep, ChainStep];
    const turned = { ...definition, steps: [good, bad, after, later] };
    expect(runOf(turned, (call) => (call.step.id === "bad" ? failed : said(call))).status).toBe("failed");
  });

  it("skips what needs the output of a step that was skipped, unless there is a default", () => {
    const { states, status } = runOf(
      chainOf(
        { id: "a", prompt: "p", when: false },
        { id: "needs", prompt: "p", variables: { a: "{{ steps.a.output }}" } },
        { id: "either", prompt: "p", variables: { a: "{{ steps.a.output | default('b') }}" } },
      ),
      (call) => answer(String(call.variables["a"])),
    );
    expect(states.map(({ end }) => end?.status)).toEqual(["skipped", "skipped", "succeeded"]);
    expect([status, states.map(outputOf)]).toEqual(["succeeded", [null, null, "b"]]);
  });

  it("fails a step of which an item fails, after all of them", () => {
    const { states, calls } = runOf(chainOf({ id: "fan", prompt: "p", for_each: [1, 2, 3] }), (call) =>
      call.item === 1 ? failed : said(call),
    );
    expect(calls).toHaveLength(3);
    expect(states[0]?.end).toMatchObject({ error: { detail: "1 of 3 items failed, the first: It broke." } });
  });
});

/** A chain of up to eight steps in any order, each of which reads some others without a cycle. */
const anyChain = fc
  .integer({ min: 1, max: 8 })
  .chain((count) =>
    fc.record({
      order: fc.shuffledSubarray(
        Array.from({ length: count }, (_, at) => at),
        { minLength: count },
      ),
      edges: fc.array(fc.array(fc.boolean(), { minLength: count, maxLength: count }), {
        minLength: count,
        maxLength: count,
      }),
      kinds: fc.array(fc.constantFrom("plain", "fails", "off", "fan", "none"), { minLength: count, maxLength: count }),
    }),
  )
  .map(({ order, edges, kinds }) => {
    const steps = order.map((at) => {
      const reads = (edges[at] ?? []).flatMap((is, other) => (is && other < at ? [other] : []));
      const kind = kinds[at] ?? "plain";
      return {
        id: `s${at}`,
        prompt: kind,
        variables: Object.fromEntries(reads.map((other) => [`v${other}`, `{{ steps.s${other}.output }}`])),
        ...(kind === "off" && { when: false }),
        ...(kind === "fan" && { for_each: [1, 2] }),
        ...(kind === "none" && { for_each: [] }),
      };
    });
    return chainOf(...steps);
  });

describe("any chain", () => {
  it("ends each step once, after those that it reads, whichever execution ends first", () => {
    const property = fc.property(anyChain, fc.infiniteStream(fc.nat()), (definition, picks) => {
      const items: ChainItem[] = [];
      for (;;) {
        const states = standOf({ definition, inputs: { x: 1 } }, items);
        const open = states.flatMap(({ end, calls }) => (end ? [] : calls)).filter((call) => !isIn(items, call));
        for (const { step } of open) {
          expect(step.needs.every((id) => states.find((each) => each.step.id === id)?.end)).toBe(true);
        }
        const { value: pick } = picks.next();
        const next = open[Number(pick) % open.length];
        if (!next) break;
        const end = next.step.prompt === "fails" && next.item === 0 ? failed : said(next);
        items.push({ step: next.step.id, item: next.item, executions: [], end });
      }
      checkEnd(definition, items);
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });
});

function isIn(items: readonly ChainItem[], { step, item }: StepCall): boolean {
  return items.some((each) => each.step === step.id && each.item === item);
}

function checkEnd(definition: ChainDefinition, items: readonly ChainItem[]): void {
  const states = standOf({ definition, inputs: { x: 1 } }, items);
  expect(statusOf(states)).not.toBe("running");
  const endOf = new Map(states.map(({ step, end }) => [step.id, end?.status]));
  const names = items.map(({ step, item }) => `${step}/${item}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { step, end } of states) {
    const made = items.filter((each) => each.step === step.id).length;
    const isSkipped = step.when === false || step.needs.some((id) => endOf.get(id) !== "succeeded");
    const wanted = Array.isArray(step.for_each) ? step.for_each.length : 1;
    const skipped = ["skipped", 0];
    const ended = [step.prompt === "fails" ? "failed" : "succeeded", wanted];
    // Nothing is read for no items, so that such a step may also succeed.
    const possible = isSkipped ? [skipped, ...(wanted === 0 ? [ended] : [])] : [ended];
    expect(possible).toContainEqual([end?.status, made]);
  }
}

import { describe, expect, it } from "vitest";
import { phaseTimes } from "../../load/bench/profile/phases.ts";
import { type CallFrame, selfTimes } from "../../load/bench/profile/self-time.ts";
import { sourceLocator } from "../../load/bench/profile/source-location.ts";

const frame = (functionName: string, url = "", lineNumber = -1, columnNumber = -1): CallFrame => ({
  functionName,
  url,
  lineNumber,
  columnNumber,
});

describe("self times", () => {
  it("attribute the time until the next sample to the function on top, and exclude idle and program from busy", () => {
    const times = selfTimes({
      nodes: [
        { id: 1, callFrame: frame("render", "index.js", 3, 0) },
        { id: 2, callFrame: frame("(idle)") },
        { id: 3, callFrame: frame("(program)") },
        { id: 4, callFrame: frame("render", "index.js", 3, 0) },
        { id: 5, callFrame: frame("(garbage collector)") },
      ],
      samples: [1, 4, 2, 3, 5],
      timeDeltas: [10, 100, 200, 300, 400],
      startTime: 0,
      endTime: 1_060,
    });
    expect(times).toMatchObject({ busyUs: 350, idleUs: 300, programUs: 400 });
    expect(times.frames.map(({ frame, us }) => [frame.functionName, us])).toEqual([
      ["render", 300],
      ["(garbage collector)", 50],
    ]);
  });
});

describe("source locations", () => {
  const map = (source: string) =>
    sourceLocator(JSON.stringify({ version: 3, sources: [source], names: [], mappings: "AAAA;AACA" }));
  const place = (source: string, line = 0) => map(source)(frame("f", "file:///bundle/index.js", line, 0));

  it("begin with src or with the package's name, and never contain an absolute path", () => {
    expect(place("/home/someone/pbt/src/services/complete.ts", 1)).toEqual({
      group: "src/services",
      place: "src/services/complete.ts:2",
    });
    expect(place("../../node_modules/hono/dist/compose.js")).toEqual({
      group: "hono",
      place: "hono/dist/compose.js:1",
    });
    expect(place("../../node_modules/@scope/pkg/a.js").group).toBe("@scope/pkg");
    expect(place("../../node_modules/src/entity.ts").group).toBe("dependency");
  });

  it("of the engine's own frames have the engine's name", () => {
    const locate = map("src/a.ts");
    expect(locate(frame("fetch"))).toEqual({ group: "engine", place: "engine" });
    expect(locate(frame("_send", "cloudflare-internal:d1-api", 3, 1)).place).toBe("cloudflare-internal:d1-api");
  });
});

describe("server-timing phases", () => {
  it("are read from all headers in the order of their first appearance", () => {
    const phases = phaseTimes(["auth;dur=1.0, llm;dur=10", "", "llm;dur=30.5, auth;desc=x;dur=3"]);
    expect(phases).toEqual([
      { phase: "auth", count: 2, p50_ms: 1, p99_ms: 3 },
      { phase: "llm", count: 2, p50_ms: 10, p99_ms: 30.5 },
    ]);
  });
});

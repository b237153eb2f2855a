import { describe, expect, it } from "vitest";
import {
  callHeaders,
  continueTrace,
  isInShare,
  spanIdBelow,
  traceOfExecution,
  traceparentOf,
} from "../../src/domain/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const FRESH = { trace_id: "11111111111141118111111111111111", span_id: "2222222222222222" };
const given = (traceparent: string | undefined, tracestate?: string) =>
  continueTrace({ traceparent, tracestate }, FRESH);

describe("a request's trace", () => {
  it("goes on from the caller's, with a span of its own and the caller's decision", () => {
    const sampled = given(`00-${TRACE}-${CALLER}-01`, "vendor=a,other=b");
    expect(sampled).toEqual({
      trace_id: TRACE,
      span_id: FRESH.span_id,
      parent_id: CALLER,
      sampled: true,
      decided: true,
      state: "vendor=a,other=b",
    });
    expect(given(`00-${TRACE}-${CALLER}-02`)).toMatchObject({ sampled: false, decided: true });
    expect(traceparentOf(sampled)).toBe(`00-${TRACE}-${FRESH.span_id}-01`);
  });

  it.each([
    ["none", undefined],
    ["a version that there is not", `ff-${TRACE}-${CALLER}-01`],
    ["more than the first version has", `00-${TRACE}-${CALLER}-01-x`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${CALLER}-01`],
    ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["upper case", `00-${TRACE.toUpperCase()}-${CALLER}-01`],
    ["a short trace", `00-${TRACE.slice(1)}-${CALLER}-01`],
  ])("begins here where the header has %s", (_what, header) => {
    expect(given(header, "vendor=a")).toEqual({ ...FRESH, sampled: false });
  });

  it("is read from a later version, whatever that has behind the flags", () => {
    expect(given(`01-${TRACE}-${CALLER}-01-more`)).toMatchObject({ trace_id: TRACE, parent_id: CALLER });
  });

  it("drops a tracestate that is too long, or that could break a header", () => {
    for (const state of [`v=${"x".repeat(512)}`, "v=a\r\nx: y", "v=é"]) {
      expect(given(`00-${TRACE}-${CALLER}-01`, state).state).toBeUndefined();
    }
  });
});

describe("spans' ids", () => {
  it("are counted on from the execution's, over the end, and never twice", () => {
    const ids = Array.from({ length: 40 }, (_, n) => spanIdBelow("b7ad6b71fffffff0", n));
    expect(new Set(ids).size).toBe(40);
    expect([ids[0], ids[15], ids[16]]).toEqual(["b7ad6b71fffffff0", "b7ad6b71ffffffff", "b7ad6b7100000000"]);
  });

  it("name each call by its attempt's, with the state of the trace", () => {
    const trace = { ...given(`00-${TRACE}-${CALLER}-01`, "v=a") };
    expect(callHeaders(trace, 1)).toEqual({ traceparent: `00-${TRACE}-2222222222222233-01`, tracestate: "v=a" });
    expect(callHeaders({ ...FRESH, sampled: false }, 0)).toEqual({
      traceparent: `00-${FRESH.trace_id}-2222222222222232-00`,
    });
  });
});

describe("a trace of an execution's own", () => {
  it("has the digits of the execution's id, and refers to the request", () => {
    const asked = { trace_id: TRACE, span_id: CALLER };
    const trace = traceOfExecution("exe_01a20b3b-0000-7000-8000-0123456789ab", { ...asked });
    expect(trace).toEqual({
      trace_id: "01a20b3b0000700080000123456789ab",
      span_id: "80000123456789ab",
      sampled: false,
      queued: true,
      asked_by: asked,
    });
  });
});

describe("a share of traces", () => {
  /** A trace by its random digits. */
  const traceWith = (digits: string) => `${TRACE.slice(0, 18)}${digits.padEnd(14, "0")}`;

  it("has all of them, none, or those with the highest digits", () => {
    expect([isInShare(traceWith("0"), 1), isInShare(traceWith("ffffffffffffff"), 0)]).toEqual([true, false]);
    expect([isInShare(traceWith("c"), 0.25), isInShare(traceWith("bfffffff"), 0.25)]).toEqual([true, false]);
  });

  it("contains every smaller share", () => {
    const shares = [0.01, 0.1, 0.5, 0.9];
    for (let n = 0; n < 256; n++) {
      const inShare = shares.map((share) => isInShare(traceWith(n.toString(16).padStart(2, "0")), share));
      expect(inShare).toEqual([...inShare].toSorted((a, b) => Number(a) - Number(b)));
    }
  });
});

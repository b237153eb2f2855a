import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import {
  type RecordedDetail,
  replayBody,
  testCaseOf,
  whyNoReplay,
} from "../../src/dashboard/pages/executions/execution-detail.ts";
import { waterfallOf } from "../../src/dashboard/pages/executions/timeline.ts";
import { withTest } from "../../src/dashboard/pages/executions/with-test.ts";

describe("the waterfall", () => {
  const attempts: Parameters<typeof waterfallOf>[0]["attempts"] = [
    { model: "gpt-4o", provider: "openai", key: "a", outcome: "rejected", start_ms: 20, duration_ms: 30, status: 500 },
    { model: "claude", provider: "anthropic", key: "b", outcome: "answered", start_ms: 50, duration_ms: 50 },
  ];
  const phases: Parameters<typeof waterfallOf>[0]["phases"] = [
    { name: "llm", start_ms: 20, duration_ms: 80 },
    { name: "auth", start_ms: -10, duration_ms: 10 },
    { name: "render", start_ms: 0, duration_ms: 2 },
  ];

  it("shows attempts in place of the phase that they make up, in their order in time", () => {
    const rows = waterfallOf({ phases, attempts }, 100);
    expect(rows.map(({ title }) => title)).toEqual(["authenticate", "render", "gpt-4o", "claude"]);
    expect(rows.map(({ kind }) => kind)).toEqual(["phase", "phase", "failed-attempt", "attempt"]);
    expect(rows[2]?.note).toBe("openai, key a, rejected, HTTP 500");
  });

  it("places bars within the whole, which begins before the execution's start", () => {
    const rows = waterfallOf({ phases, attempts }, 100);
    expect(rows[0]).toMatchObject({ left: 0, width: 10 / 110 });
    expect(rows[3]?.left).toBeCloseTo(60 / 110);
    for (const { left, width } of rows) expect(left + width).toBeLessThanOrEqual(1.000_001);
  });
});

describe("a test that is added to a prompt file", () => {
  const test = { name: "from exe_1", inputs: { who: "Ada" }, expected_contains: ["Ada"] };

  it("joins the tests that are there, and leaves comments as they are", () => {
    const file = "# ours\nname: hello\ntemplate: Hi {{ who }}\ntests:\n  - name: old\n    inputs: {who: Bob}\n";
    const text = withTest(file, test);
    expect(text).toContain("# ours");
    expect((parse(text) as { tests: unknown[] }).tests).toEqual([{ name: "old", inputs: { who: "Bob" } }, test]);
  });

  it("is the first where there are none", () => {
    expect((parse(withTest("name: hello\n", test)) as { tests: unknown[] }).tests).toEqual([test]);
  });
});

describe("an execution that is asked again", () => {
  const prompt = { name: "hello", version: 3 };
  const detail = (more: object) =>
    ({ id: "exe_1", prompt, input: { variables: { who: "Ada" } }, ...more }) as unknown as RecordedDetail;

  it("is of the same version with the same input", () => {
    expect(replayBody(detail({}))).toEqual({ prompt: "hello", version: 3, variables: { who: "Ada" } });
    expect(testCaseOf(detail({}), "Ada\n\n")?.expected_contains).toEqual(["Ada"]);
  });

  it("is refused where the record does not have all of what was asked", () => {
    const cut = detail({ input_truncated: true });
    expect([replayBody(cut), testCaseOf(cut, "Ada")]).toEqual([null, null]);
    expect(whyNoReplay(cut)).toBe("Only the beginning of its input is on record");
    const openai = { tools: [{ type: "mcp", authorization: "<redacted>" }] };
    const redacted = detail({ input: { variables: {}, parameters: { provider_options: { openai } } } });
    expect(replayBody(redacted)).toBeNull();
    expect(testCaseOf(redacted, "Ada")).not.toBeNull();
    expect(whyNoReplay(detail({ input: undefined }))).toBe("Its input is not on record");
    expect(whyNoReplay(detail({ prompt: null }))).toBe("It had no stored prompt");
  });
});

import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { failedCheck } from "../../../src/domain/tests/check.ts";
import { judgeMessages, readVerdict } from "../../../src/domain/tests/judge.ts";
import { toJunit } from "../../../src/domain/tests/junit.ts";
import { gradeChecks, toTestCase } from "../../../src/domain/tests/test-case.ts";
import { summarizeRun, type TestPlan, type TrialResult } from "../../../src/domain/tests/test-run.ts";

const test = { name: "t", inputs: { a: 1 } };

describe("a test of a prompt file", () => {
  it("means assertions, whatever dialect it is in", () => {
    const { assertions, ...rest } = toTestCase({
      ...test,
      expected: "yes",
      expected_contains: ["a"],
      expected_keywords: ["b"],
      max_length: 9,
      expected_criteria: ["polite", { tone: "warm", facts: 3 }],
      quality_criteria: "short",
      assertions: [{ type: "is_json", value: undefined }],
    });
    expect(rest).toEqual({ name: "t", variables: { a: 1 }, weight: 1 });
    expect(assertions).toEqual([
      { type: "equals", value: "yes" },
      { type: "contains_all", value: ["a"] },
      { type: "keywords", value: ["b"] },
      { type: "max_length", value: 9 },
      { type: "llm_rubric", value: "polite" },
      { type: "llm_rubric", value: "tone: warm" },
      { type: "llm_rubric", value: "facts: 3" },
      { type: "llm_rubric", value: "short" },
      { type: "is_json", value: undefined },
    ]);
  });

  it("with a least score grades an expected text by its words", () => {
    const graded = toTestCase({ ...test, expected: "the order is late", min_score: 0.7 });
    expect(graded).toMatchObject({ threshold: 0.7, assertions: [{ type: "token_overlap", threshold: 0.7 }] });
    expect(toTestCase({ ...test, expected: 7, min_score: 1 }).assertions).toEqual([{ type: "equals", value: 7 }]);
    expect(toTestCase(test).assertions).toEqual([]);
  });

  it("may have assertions of ours, whose faults are faults of the file", () => {
    const file = (assertion: string) =>
      `name: x\nmodel: gpt-4o-mini\ntemplate: hi\ntests: [{name: t, inputs: {}, assertions: [${assertion}]}]\n`;
    const { definition, warnings } = importPrompt(file("{type: contains, value: hi, not: true}"), "yaml", "x");
    expect(definition.tests[0]?.assertions).toEqual([{ type: "contains", value: "hi", not: true }]);
    expect(warnings).toEqual([]);
    const faulty = () => importPrompt(file("{type: contains}"), "yaml", "x");
    expect(faulty).toThrow(AppError);
    expect(faulty).toThrow("tests.0.assertions.0.value");
  });
});

describe("a grade", () => {
  const check = (passed: boolean, score: number, weight = 1) => ({ ...failedCheck("x", ""), passed, score, weight });

  it("passes where all checks do, or the weighted score reaches the threshold", () => {
    const checks = [check(true, 1, 3), check(false, 0.2)];
    expect(gradeChecks(checks)).toMatchObject({ passed: false, score: 0.8 });
    expect(gradeChecks(checks, 0.8).passed).toBe(true);
    expect(gradeChecks(checks, 0.81).passed).toBe(false);
    expect(gradeChecks([check(false, 0, 0), check(true, 1)])).toMatchObject({ passed: true, score: 1 });
    expect(gradeChecks([])).toMatchObject({ passed: true, score: 1 });
  });
});

describe("a judge", () => {
  it("is given what it judges as data", () => {
    const [system, user] = judgeMessages({ criteria: "kind", inputs: "{}", output: 'ignore "this"' });
    expect(system?.role).toBe("system");
    expect(JSON.parse(user?.content as string)).toEqual({ criteria: "kind", inputs: "{}", output: 'ignore "this"' });
  });

  it("says its verdict as JSON, and anything else is none", () => {
    const verdict = '```json\n{"reason": "kind", "score": 0.9, "passed": false}\n```';
    expect(readVerdict(verdict)).toEqual({ reason: "kind", score: 0.9, passed: false });
    expect(readVerdict('{"score": 0.5}')).toEqual({ score: 0.5, passed: true, reason: "" });
    for (const reply of ["yes", "{}", '{"score": 2}', '{"score": "1"}', ""]) expect(readVerdict(reply)).toBeUndefined();
  });
});

describe("JUnit XML", () => {
  it("names each test, its time and its failure, with everything escaped", () => {
    const plan: TestPlan = {
      prompt: { name: "a/b", version: 2 },
      cases: ['<"one">', "two"].map((name) => ({ name, variables: {}, assertions: [], weight: 1 })),
      models: ["m"],
      repeat: 1,
      concurrency: 1,
      execution_ids: ["exe_1", "exe_2"],
    };
    const failed: TrialResult = {
      position: 0,
      passed: false,
      score: 0,
      checks: [failedCheck("contains", "expected “a” & “b”\u0000\ud800")],
      output: "<x>",
      execution_id: "exe_1",
      error: null,
      cost_nanousd: 0,
      latency_ms: 1_500,
    };
    expect(toJunit({ id: "tst_1", plan }, summarizeRun(plan, [failed]))).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="tst_1" tests="1" failures="1" errors="0" time="1.500">',
        '<testsuite name="a/b#2" id="tst_1" tests="1" failures="1" errors="0" time="1.500" skipped="0">',
        '<testcase classname="a/b#2" name="&lt;&quot;one&quot;&gt; (m)" time="1.500">' +
          '<failure message="contains: expected “a” &amp; “b”\uFFFD\uFFFD">' +
          "contains: expected “a” &amp; “b”\uFFFD\uFFFD\nanswer: &lt;x&gt;</failure></testcase>",
        "<system-out>1 tests have not ended.</system-out>",
        "</testsuite>",
        "</testsuites>",
        "",
      ].join("\n"),
    );
  });
});

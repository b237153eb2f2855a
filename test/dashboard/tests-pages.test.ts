import { describe, expect, it } from "vitest";
import {
  caseKey,
  casesOf,
  faultLine,
  meanOf,
  trialsText,
  verdictOf,
} from "../../src/dashboard/pages/tests/run-cases.ts";
import {
  costOfAnswer,
  excludesZero,
  inputKey,
  signed,
  subjectText,
  verdictText,
} from "../../src/dashboard/pages/tests/comparison.ts";
import { comparisonBody, type ComparisonForm, inputsOf } from "../../src/dashboard/pages/tests/comparison-request.ts";
import { boundsOf, frontOf, placeIn } from "../../src/dashboard/pages/tests/front.ts";
import { numberOf } from "../../src/dashboard/ui/number-of.ts";
import { namesOf, versionOf, versionOptions } from "../../src/dashboard/pages/tests/version-choice.ts";
import { usd } from "../../src/dashboard/ui/format.ts";

const RESULT = {
  test: "refund",
  model: null,
  repeats: 3,
  passed: true,
  flaky: false,
  pass_rate: 1,
  interval: [0.4, 1],
  scores: [1, 0.5, 0],
  checks: [],
  output: "billing",
  execution_id: "exe_1",
  error: null,
  reused_from: null,
  latency_ms: 12,
};

describe("the results of a test run", () => {
  const flaky = { ...RESULT, test: "sometimes", passed: false, flaky: true, pass_rate: 2 / 3 };
  const failed = { ...RESULT, test: "never", model: "gpt-4o", passed: false, pass_rate: 0 };

  it("call a test flaky, not failed, that passes only sometimes", () => {
    expect([RESULT, flaky, failed].map(verdictOf)).toEqual(["passed", "flaky", "failed"]);
  });

  it("count flaky tests among those that failed, and show them alone", () => {
    const all = [RESULT, flaky, failed];
    expect(casesOf(all, "failed").map(({ test }) => test)).toEqual(["sometimes", "never"]);
    expect(casesOf(all, "flaky").map(({ test }) => test)).toEqual(["sometimes"]);
    expect(casesOf(all, "all")).toHaveLength(3);
  });

  it("name a test by its model only where the run has models", () => {
    expect([RESULT, failed].map(caseKey)).toEqual(["refund", "never · gpt-4o"]);
  });

  it("say what was not met: the error, or else the first check that failed", () => {
    const check = { kind: "contains", passed: true, score: 1, detail: "has it" };
    const missed = { ...check, passed: false, detail: "expected “billing”" };
    expect(faultLine({ error: { code: "timeout", detail: "60 s" }, checks: [missed] })).toBe("timeout: 60 s");
    expect(faultLine({ error: null, checks: [check, missed] })).toBe("contains: expected “billing”");
    expect(faultLine({ error: null, checks: [check] })).toBeNull();
  });

  it("count trials and average scores", () => {
    expect(trialsText(flaky)).toBe("2 of 3");
    expect(meanOf(RESULT.scores)).toBe(0.5);
    expect(meanOf([])).toBeNull();
  });
});

describe("the choice of a version", () => {
  it("offers the default, the newest, the labels, and the versions", () => {
    const options = versionOptions([{ label: "production", version: 1 }, { label: "beta" }], [{ version: 2 }]);
    expect(options.map(([value]) => value)).toEqual([
      "",
      "label:latest",
      "label:production",
      "label:beta",
      "version:2",
    ]);
    expect(options[3]?.[1]).toBe("label beta, split");
  });

  it("becomes the fields of a request, also for a label with a colon", () => {
    expect(versionOf("")).toEqual({});
    expect(versionOf("version:12")).toEqual({ version: 12 });
    expect(versionOf("label:team:blue")).toEqual({ label: "team:blue" });
  });

  it("reads numbers and names from fields", () => {
    expect(numberOf(" ")).toBeUndefined();
    expect(numberOf("0.5")).toBe(0.5);
    expect(namesOf(" gpt-4o, ,claude ")).toEqual(["gpt-4o", "claude"]);
  });
});

describe("the request of a comparison", () => {
  const form: ComparisonForm = {
    prompt: "triage",
    subjects: [
      { version: "label:production", model: "" },
      { version: "version:2", model: " gpt-4o " },
    ],
    source: "tests",
    inputs: "",
    isJudged: false,
    criteria: "short",
    judgeModel: "",
    repeat: "2",
    maxCost: "",
  };

  it("has the tests of the newest version, and no judge that was not asked for", () => {
    expect(comparisonBody(form)).toEqual({
      prompt: "triage",
      subjects: [{ label: "production" }, { version: 2, model: "gpt-4o" }],
      tests: true,
      repeat: 2,
    });
  });

  it("has inputs in place of tests, and the judge with what it goes by", () => {
    const body = comparisonBody({ ...form, source: "inputs", inputs: '{"a": 1}\n\n{"a": 2}\n', isJudged: true });
    expect(body.inputs).toEqual([{ a: 1 }, { a: 2 }]);
    expect(body.tests).toBeUndefined();
    expect(body.judge).toEqual({ criteria: "short" });
  });

  it.each([
    ['{"a": 1}\n\n{"a": ', "line 3 is not JSON"],
    ["[1]", "line 1 is not a JSON object"],
    [" \n", "at least one line"],
  ])("names the line of a faulty input: %j", (text, fault) => {
    expect(() => inputsOf(text)).toThrow(fault);
  });
});

describe("a comparison", () => {
  it("says who is better only where the verdict does", () => {
    const pair = { a: 0, b: 2, verdict: null, preference: null };
    expect(verdictText({ ...pair, verdict: "b" })).toBe("C is better");
    expect(verdictText(pair)).toBe("no difference shown");
    expect(verdictText({ ...pair, preference: { difference: null, interval: null } })).toBe("not judged");
  });

  it("sees a difference only where the interval leaves 0 out", () => {
    expect(excludesZero([0.1, 0.4])).toBe(true);
    expect(excludesZero([-0.4, -0.1])).toBe(true);
    expect(excludesZero([0, 0.4])).toBe(false);
    expect(excludesZero([-0.1, 0.4])).toBe(false);
    expect(excludesZero(null)).toBe(false);
  });

  it("writes differences with their sign", () => {
    expect(signed(0.5, usd)).toBe("+$0.5");
    expect(signed(-0.5, usd)).toBe("−$0.5");
    expect(signed(0, usd)).toBe("$0");
    expect(signed(null, usd)).toBe("–");
  });

  it("names subjects and inputs, and knows no cost of no answers", () => {
    expect(subjectText({ version: 3, label: "production", model: null })).toBe(
      "version 3 (production), the prompt's model",
    );
    expect(inputKey({ name: "refund", round: 0 })).toBe("refund");
    expect(inputKey({ name: "refund", round: 2 })).toBe("refund · 3");
    expect(costOfAnswer({ cost_usd: 1, answers: 4 })).toBe(0.25);
    expect(costOfAnswer({ cost_usd: 0, answers: 0 })).toBeNull();
    expect(costOfAnswer({ cost_usd: null, answers: 4 })).toBeNull();
  });
});

describe("the front of cost and worth", () => {
  const point = (label: string, cost: number, worth: number) => ({ label, cost, worth });

  it("leaves out what another is as cheap and as good as, and better in one", () => {
    const points = [point("A", 3, 0.9), point("B", 1, 0.5), point("C", 2, 0.4), point("D", 3, 0.8), point("E", 2, 0.5)];
    expect(frontOf(points).map(({ label }) => label)).toEqual(["B", "A"]);
  });

  it("keeps equal points", () => {
    expect(frontOf([point("A", 1, 1), point("B", 1, 1)])).toHaveLength(2);
  });

  it("is drawn between bounds of some length, not below 0 for what is not", () => {
    expect(boundsOf([2, 2])).toEqual({ low: 1, high: 3 });
    expect(boundsOf([0, 0])).toEqual({ low: 0, high: 1 });
    expect(boundsOf([0.01, 1]).low).toBe(0);
    expect(placeIn({ low: 1, high: 3 }, 2)).toBe(0.5);
  });
});

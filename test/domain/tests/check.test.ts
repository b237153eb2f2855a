import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Assertion, ASSERTION_TYPES, assertionSchema } from "../../../src/domain/tests/assertion.ts";
import { checkAssertion, type Observed } from "../../../src/domain/tests/check.ts";
import { cosineSimilarity, editSimilarity, tokenOverlap } from "../../../src/domain/tests/similarity.ts";

const OBSERVED: Observed = {
  output: "",
  tool_calls: [],
  finish_reason: "stop",
  latency_ms: 120,
  cost_nanousd: 2_000_000,
  tokens: 30,
};

function check(written: object, observed: string | Partial<Observed>) {
  const answer = typeof observed === "string" ? { output: observed } : observed;
  return checkAssertion(assertionSchema.parse(written), { ...OBSERVED, ...answer });
}

const call = { id: "c1", name: "refund", arguments: '{"order": {"id": 7, "reason": "late"}, "notify": true}' };

/** An assertion, an answer that meets it, and one that does not. */
const CASES: [assertion: object, good: string | Partial<Observed>, bad: string | Partial<Observed>][] = [
  [{ type: "equals", value: "yes" }, " yes\n", "Yes"],
  [{ type: "equals", value: "yes", ignore_case: true }, "YES", "no"],
  [{ type: "equals", value: { a: [1, 2], b: null } }, '{"b": null, "a": [1, 2]}', '{"a": [2, 1], "b": null}'],
  [{ type: "contains", value: "refund" }, "a refund", "a Refund"],
  [{ type: "contains", value: "refund", ignore_case: true }, "a Refund", "nothing"],
  [{ type: "contains_all", value: ["a", "b"] }, "b a", "a"],
  [{ type: "contains_any", value: ["x", "b"] }, "b", "a"],
  [{ type: "starts_with", value: "Dear" }, "\nDear Ada", "Oh dear"],
  [{ type: "regex", value: "^\\d{3}-[a-z]+$" }, "123-abc", "12-abc"],
  [{ type: "is_json" }, '```json\n{"a": 1}\n```', "{a: 1}"],
  [{ type: "json_schema", value: { type: "object", required: ["a"] } }, '{"a": 1}', '{"b": 1}'],
  [{ type: "json_path", path: "$.items[1].name", value: "b" }, '{"items": [{}, {"name": "b"}]}', '{"items": []}'],
  [{ type: "json_path", path: "items", value: [] }, '{"items": []}', "not json"],
  [{ type: "keywords", value: ["Dog", "cat"] }, "dogs and cats", "a dog"],
  [{ type: "keywords", value: ["dog", "cat"], threshold: 0.5 }, "a dog", "a bird"],
  [{ type: "max_length", value: 3 }, "🙂🙂🙂", "abcd"],
  [{ type: "min_length", value: 3 }, "abc", "🙂🙂"],
  [{ type: "max_latency_ms", value: 120 }, { latency_ms: 120 }, { latency_ms: 121 }],
  [{ type: "max_cost_usd", value: 0.002 }, { cost_nanousd: 2_000_000 }, { cost_nanousd: 2_000_001 }],
  [{ type: "max_tokens", value: 30 }, { tokens: 30 }, { tokens: 31 }],
  [{ type: "tool_call", value: { name: "refund" } }, { tool_calls: [call] }, { tool_calls: [] }],
  [
    { type: "tool_call", value: { name: "refund", arguments: { order: { reason: "late", id: 7 } } } },
    { tool_calls: [call] },
    { tool_calls: [{ ...call, arguments: '{"order": {"id": 8}}' }] },
  ],
  [{ type: "refusal" }, "I’m sorry, but I can't help with that.", "I can help with that."],
  [{ type: "refusal" }, { output: "", finish_reason: "content_filter" }, { output: "" }],
  [{ type: "edit_similarity", value: "kitten", threshold: 0.5 }, "sitting", "something else"],
  [{ type: "token_overlap", value: "the order is late" }, "Late is the order!", "the dog"],
];

describe("an assertion", () => {
  it.each(CASES)("%j tells a good answer from a bad one, and so does its opposite", (written, good, bad) => {
    expect([check(written, good).passed, check(written, bad).passed]).toEqual([true, false]);
    const opposite = { ...written, not: true };
    expect([check(opposite, good).passed, check(opposite, bad).passed]).toEqual([false, true]);
    expect(check(opposite, bad).kind).toBe(`not ${(written as Assertion).type}`);
  });

  it("has a case of each type above but those that ask a model", () => {
    const tested = new Set(CASES.map(([written]) => (written as Assertion).type));
    expect(ASSERTION_TYPES.filter((type) => !tested.has(type))).toEqual(["embedding_similarity", "llm_rubric"]);
  });

  it("says what was expected and what was seen", () => {
    expect(check({ type: "contains_all", value: ["a", "zoo"] }, "a dog")).toEqual({
      kind: "contains_all",
      passed: false,
      score: 0.5,
      weight: 1,
      detail: 'expected contains_all ["a","zoo"]; saw “a dog”',
    });
    expect(check({ type: "json_path", path: "a", value: 1 }, '{"a": "1"}').detail).toBe(
      "expected json_path a 1; saw “1”",
    );
    expect(check({ type: "max_tokens", value: 3 }, {}).detail).toBe("expected max_tokens 3; saw 30 tokens");
  });

  it("takes the judge's verdict, or its score where there is a threshold", () => {
    const rubric = { type: "llm_rubric", value: "is kind" } as const;
    const verdict = { passed: true, score: 0.6, reason: "kind enough" };
    expect(checkAssertion(rubric, OBSERVED, verdict)).toMatchObject({ passed: true, score: 0.6 });
    expect(checkAssertion({ ...rubric, threshold: 0.7 }, OBSERVED, verdict).passed).toBe(false);
    expect(checkAssertion(rubric, OBSERVED)).toMatchObject({ passed: false, score: 0 });
    const near = assertionSchema.parse({ type: "embedding_similarity", model: "m", value: "a" });
    const cosine = (score: number) => checkAssertion(near, OBSERVED, { passed: true, score, reason: "cosine" });
    expect([cosine(0.79), cosine(0.8)].map(({ passed }) => passed)).toEqual([false, true]);
    expect(cosine(0.8).detail).toBe("expected embedding_similarity “a”; saw 0.8 by m: cosine");
  });

  it("is not met, and its opposite neither, where it cannot be checked", () => {
    const failed = { passed: false, score: 0, reason: "it failed", isMissing: true } as const;
    for (const not of [false, true]) {
      const rubric = { type: "llm_rubric", value: "is rude", threshold: 0, not } as const;
      for (const verdict of [failed, undefined]) {
        expect(checkAssertion(rubric, OBSERVED, verdict)).toMatchObject({ passed: false, score: 0 });
      }
      const checks = [
        check({ type: "max_cost_usd", value: 1, not }, { cost_nanousd: null }),
        checkAssertion({ type: "regex", value: "(", not }, OBSERVED),
      ];
      expect(checks.map(({ passed, score }) => [passed, score])).toEqual([
        [false, 0],
        [false, 0],
      ]);
    }
  });

  it("gives a score in [0, 1] and a bounded detail for any answer, and never throws", () => {
    const written = fc.constantFrom(...CASES.map(([assertion]) => assertionSchema.parse(assertion)));
    const output = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.string({ minLength: 3_000, maxLength: 4_000 }),
    );
    fc.assert(
      fc.property(written, output, fc.boolean(), (assertion, text, not) => {
        const found = checkAssertion({ ...assertion, not }, { ...OBSERVED, output: text });
        expect(found.score).toBeGreaterThanOrEqual(0);
        expect(found.score).toBeLessThanOrEqual(1);
        expect(found.detail.length).toBeLessThanOrEqual(400);
        expect(found.detail.isWellFormed()).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("is as many steps as characters, whatever the pattern: one that backtracks is refused", () => {
    expect(check({ type: "regex", value: "(a+)+$" }, `${"a".repeat(20_000)}!`).passed).toBe(false);
    expect(assertionSchema.safeParse({ type: "regex", value: "(?=a)b" }).success).toBe(false);
    const long = check({ type: "regex", value: "b$" }, "a".repeat(1_000_000));
    expect(long).toMatchObject({ passed: false, detail: expect.stringContaining("an answer that is too long") });
  });

  it.each([
    [{ type: "contains" }, "value"],
    [{ type: "contains", value: 3 }, "value"],
    [{ type: "equals" }, "value"],
    [{ type: "is_json", value: {} }, "value"],
    [{ type: "json_schema", value: { type: "objekt" } }, "value.type"],
    [{ type: "json_path", value: 1 }, "path"],
    [{ type: "json_path", value: 1, path: "a..b" }, "path"],
    [{ type: "contains", value: "a", path: "a" }, "path"],
    [{ type: "contains", value: "a", model: "m" }, "model"],
    [{ type: "embedding_similarity", value: "a" }, "model"],
    [{ type: "contains", value: "a", threshold: 2 }, "threshold"],
    [{ type: "startsWith", value: "a" }, "type"],
    [{ type: "tool_call", value: { arguments: {} } }, "value.name"],
  ])("%j is refused at %s", (written, path) => {
    const { error } = assertionSchema.safeParse(written);
    expect(new Set(error?.issues.map((issue) => issue.path.join(".")))).toEqual(new Set([path]));
  });
});

describe("likeness", () => {
  it("of texts is 1 for a text and itself, the same both ways, and in [0, 1]", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "🙂"), maxLength: 30 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        for (const likeness of [editSimilarity, tokenOverlap]) {
          expect(likeness(a, a)).toBe(1);
          expect(likeness(a, b)).toBeCloseTo(likeness(b, a), 12);
          expect(likeness(a, b)).toBeGreaterThanOrEqual(0);
          expect(likeness(a, b)).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 1 },
    );
  });

  it("is the known distance and overlap of known texts", () => {
    expect(editSimilarity("kitten", "sitting")).toBeCloseTo(1 - 3 / 7, 12);
    expect(tokenOverlap("a b c d", "b c x")).toBeCloseTo(4 / 7, 12);
    expect(cosineSimilarity([3, 4], [4, 3])).toBeCloseTo(24 / 25, 12);
    expect([cosineSimilarity([1, 0], [-1, 0]), cosineSimilarity([0, 0], [1, 1])]).toEqual([0, 0]);
  });
});

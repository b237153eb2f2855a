import { describe, expect, it } from "vitest";
import { givenVariables, type GivenVariables } from "../../../src/domain/executions/given-variables.ts";
import { checkVariables } from "../../../src/domain/promotions/compatible-variables.ts";
import type { VariableSpec } from "../../../src/domain/prompts/prompt.ts";

const text = (more: Partial<VariableSpec> = {}): VariableSpec => ({ type: "string", required: true, ...more });
const many = (call: Record<string, string>) => Array.from({ length: 100 }, () => call);

describe("the variables of a new version", () => {
  it("are compatible where it takes all that the served version takes", () => {
    expect(checkVariables({ a: text() }, { a: text(), b: text({ required: false }) }, [{ a: "string" }])).toEqual({
      status: "passed",
      detail: "1 calls of the last days were looked at",
    });
  });

  it("are not where a call of the last days would be refused", () => {
    const calls: GivenVariables[] = [{ a: "string" }, { a: "string", b: "integer" }];
    const { status, detail } = checkVariables({ a: text() }, { a: text(), b: text({ required: false }) }, calls);
    expect([status, detail]).toEqual([
      "failed",
      "`b`: 1 of 2 calls of the last days would be refused; 2 calls of the last days were looked at",
    ]);
  });

  it("may be required anew once a hundred calls gave them", () => {
    const [before, after] = [{ a: text() }, { a: text(), b: text() }];
    expect(checkVariables(before, after, []).detail).toContain("`b` does not take all that the served version takes");
    expect(checkVariables(before, after, many({ a: "string", b: "string" })).status).toBe("passed");
  });

  it("may lose an option that nobody gives, where the served version declares its options", () => {
    const before = { tone: text({ options: ["dry", "warm"] }) };
    const after = { tone: text({ options: ["warm"] }) };
    expect(checkVariables(before, after, many({ tone: '="warm"' })).status).toBe("passed");
    expect(checkVariables(before, after, [...many({ tone: '="warm"' }), { tone: '="dry"' }]).status).toBe("failed");
    expect(checkVariables({ tone: text() }, after, many({ tone: "string" })).status).toBe("failed");
  });

  it("may be narrower in size only by declaration, because no sizes are recorded", () => {
    expect(checkVariables({ a: text({ max: 9 }) }, { a: text({ max: 5 }) }, many({ a: "string" })).status).toBe(
      "failed",
    );
  });

  it("are judged by calls alone where no version is served", () => {
    expect(checkVariables(null, { a: text() }, []).status).toBe("passed");
    expect(checkVariables(null, { a: text() }, [{}]).status).toBe("failed");
  });
});

describe("what is recorded of an execution's variables", () => {
  it("is the kind of each, and a value only where the prompt declares which there are", () => {
    const specs = { tone: text({ options: ["dry", "warm"] }) };
    const given = { who: "a secret", n: 1, x: 1.5, list: [1], map: {}, none: null, is: true, tone: "dry" };
    expect(givenVariables(specs, given)).toEqual({
      who: "string",
      n: "integer",
      x: "number",
      list: "list",
      map: "object",
      none: "null",
      is: "boolean",
      tone: '="dry"',
    });
  });

  it("is bounded, and absent where there are none", () => {
    expect(givenVariables({}, {})).toBeUndefined();
    const many_names = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`v${at}`, at]));
    expect(Object.keys(givenVariables({}, { ["x".repeat(101)]: 1, ...many_names }) ?? {})).toHaveLength(100);
    const long = { tone: text({ options: ["x".repeat(200)] }) };
    expect(givenVariables(long, { tone: "x".repeat(200) })).toEqual({ tone: "string" });
  });
});

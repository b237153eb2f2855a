import { describe, expect, it } from "vitest";
import { AppError, invalid } from "../../src/domain/errors.ts";

describe("an error's size does not grow with the input that it refuses", () => {
  it("names the first fifty faults and counts the others", () => {
    const faults = Array.from({ length: 30_000 }, (_, index) => ({ path: `scopes.${index}`, message: "is no scope" }));
    const error = invalid(faults);
    expect(error.errors).toHaveLength(51);
    expect(error.errors?.at(-1)).toEqual({ path: "", message: "29950 more faults are not named here" });
    expect(error.withProviderLimits({}).errors).toEqual(error.errors);
    expect(error.detail.length).toBeLessThanOrEqual(4000);
  });

  it("cuts what it quotes, between characters", () => {
    const [fault] = invalid([{ path: "a", message: "😀".repeat(100_000) }]).errors ?? [];
    expect(fault?.message.length).toBeLessThanOrEqual(500);
    expect(fault?.message.isWellFormed()).toBe(true);
    expect(new AppError("bad_request", "x".repeat(100_000)).detail.length).toBe(4000);
  });

  it("keeps a few faults as they are", () => {
    const faults = [{ path: "name", message: "is missing" }];
    expect(invalid(faults)).toMatchObject({ errors: faults, detail: "name: is missing" });
  });
});

import { describe, expect, it } from "vitest";
import { createRetryBudget, RETRY, retryDelay } from "../../../src/domain/completions/retry.ts";

describe("retries", () => {
  it("spread over the whole backoff, and never come sooner than the provider asks", () => {
    expect(retryDelay(1, 0, undefined)).toBe(0);
    expect(retryDelay(1, 0.999, undefined)).toBe(200);
    expect(retryDelay(1, 0, 1_500)).toBe(1_500);
  });

  it("are not made where the wait is too long, nor without end", () => {
    expect(retryDelay(1, 0, RETRY.longest_wait_ms + 1)).toBeNull();
    expect(retryDelay(RETRY.rounds, 0, undefined)).toBeNull();
  });

  it("are limited to a share of the first tries", () => {
    const budget = createRetryBudget(0.2, 2);
    expect([budget.withdraw(), budget.withdraw(), budget.withdraw()]).toEqual([true, true, false]);
    for (let first = 0; first < 5; first++) budget.deposit();
    expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
  });
});

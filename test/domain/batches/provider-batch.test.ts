import { describe, expect, it } from "vitest";
import { newId } from "../../../src/domain/id.ts";
import { customIdOf, nonceOf, pollDelay, positionOf, submitDelay } from "../../../src/domain/batches/provider-batch.ts";

const HOUR = 3_600_000;

describe("the waits of a provider batch", () => {
  it("grow with its age: an end is noticed within a quarter of the age, and within half an hour", () => {
    for (let age = 0; age < 24 * HOUR; age += 61_000) {
      expect(pollDelay(age)).toBeGreaterThanOrEqual(60_000);
      expect(pollDelay(age)).toBeLessThanOrEqual(Math.max(60_000, Math.min(HOUR / 2, Math.ceil(age / 4))));
    }
  });

  it("make about sixty polls in a day", () => {
    let looks = 0;
    for (let age = pollDelay(0); age <= 24 * HOUR; age += pollDelay(age)) looks += 1;
    expect(looks).toBeGreaterThan(50);
    expect(looks).toBeLessThan(70);
  });

  it("double with each submission up to 15 minutes, and respect a longer retry-after up to the same limit", () => {
    expect([1, 2, 3, 4, 5, 6].map((submits) => submitDelay(submits) / 60_000)).toEqual([1, 2, 4, 8, 15, 15]);
    expect(submitDelay(1, 90_000)).toBe(90_000);
    expect(submitDelay(1, 9 * HOUR)).toBe(HOUR / 4);
  });
});

describe("a custom_id", () => {
  const id = newId("pba", Date.UTC(2026, 10, 24));

  it("leads back to its item; no other text does", () => {
    for (const position of [0, 7, 49_999]) expect(positionOf(id, customIdOf(id, position))).toBe(position);
    const other = newId("pba", Date.UTC(2026, 10, 25));
    for (const text of ["", "7", nonceOf(id), `${nonceOf(id)}-`, `${nonceOf(id)}-1.5`, `${nonceOf(id)}-x`]) {
      expect(positionOf(id, text)).toBeNull();
    }
    expect(positionOf(id, customIdOf(other, 7))).toBeNull();
  });

  it("is valid at both providers", () => {
    expect(customIdOf(id, 49_999)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(nonceOf(id)).toMatch(/^[0-9a-f]{32}$/);
  });
});

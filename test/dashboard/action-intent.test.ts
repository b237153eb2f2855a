import { describe, expect, it } from "vitest";
import { ApiError, ConnectionError } from "../../src/client/errors.ts";
import { ActionIntent } from "../../src/dashboard/api/action-intent.ts";

const REFUSED = new ApiError({
  type: "",
  title: "",
  status: 402,
  detail: "",
  code: "budget_exceeded",
  request_id: null,
});

describe("an intent", () => {
  it("begins once for a double click, Enter pressed twice and a key that is held down", async () => {
    const intent = new ActionIntent();
    const times = [0, 150, 700, 1_600, 1_633, 1_666];
    const begun = times.filter((now) => intent.begin(undefined, now));
    expect(begun).toEqual([0]);
  });

  it("begins again once it was left alone for a second, and not while it runs", async () => {
    const intent = new ActionIntent();
    expect(intent.begin(3, 0)).toBe(true);
    expect(intent.begin(3, 5_000)).toBe(false);
    await intent.follow(3, Promise.resolve());
    expect(intent.begin(3, 5_500)).toBe(false);
    expect(intent.begin(3, 7_000)).toBe(true);
  });

  it("begins for another input at once", () => {
    const intent = new ActionIntent();
    expect([intent.begin(1, 0), intent.begin(2, 10)]).toEqual([true, true]);
  });

  it("keeps its Idempotency-Key where an answer was lost, and not after an answer or for another request", async () => {
    const intent = new ActionIntent();
    const lost = Promise.reject(new ConnectionError("lost"));
    const first = intent.keyOf({ repeat: 1 });
    await expect(intent.follow(1, lost)).rejects.toThrow("lost");
    expect(intent.keyOf({ repeat: 1 })).toBe(first);
    const second = intent.keyOf({ repeat: 2 });
    expect(second).not.toBe(first);
    await expect(intent.follow(1, Promise.reject(REFUSED))).rejects.toThrow(ApiError);
    const third = intent.keyOf({ repeat: 2 });
    expect(third).not.toBe(second);
    await intent.follow(1, Promise.resolve());
    expect(intent.keyOf({ repeat: 2 })).not.toBe(third);
  });
});

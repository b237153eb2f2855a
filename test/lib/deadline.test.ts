import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startDeadline, startPatientDeadline } from "../../src/lib/deadline.ts";

const late = () => new Error("late");

describe("deadlines", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([startDeadline, startPatientDeadline])(
    "abort with their reason when the time is up, and not after they were cleared",
    (start) => {
      const [deadline, cleared] = [start(250, late), start(250, late)];
      vi.advanceTimersByTime(249);
      cleared.clear();
      expect(deadline.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(deadline.signal.reason).toEqual(late());
      vi.advanceTimersByTime(1_000);
      expect([cleared.signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
    },
  );

  it("follow a parent, with its reason", () => {
    const parent = new AbortController();
    const deadline = startDeadline(1_000, late, parent.signal);
    parent.abort(new Error("gone"));
    expect(deadline.signal.reason).toEqual(new Error("gone"));
    deadline.clear();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startDeadline, startPatientTimer } from "../../src/lib/deadline.ts";

const late = () => new Error("late");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a deadline", () => {
  it("aborts with its reason when the time is up, unless it was cleared", () => {
    const [deadline, cleared] = [startDeadline(250, late), startDeadline(250, late)];
    vi.advanceTimersByTime(249);
    cleared.clear();
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect([deadline.signal.reason, cleared.signal.aborted, vi.getTimerCount()]).toEqual([late(), false, 0]);
  });

  it("aborts with the reason of its parent when the parent aborts first", () => {
    const parent = new AbortController();
    const deadline = startDeadline(1_000, late, parent.signal);
    parent.abort(new Error("gone"));
    expect(deadline.signal.reason).toEqual(new Error("gone"));
    deadline.clear();
  });
});

describe("a patient timer", () => {
  it("rings on time in an idle isolate, and not after it was stopped", () => {
    const rung: string[] = [];
    startPatientTimer(250, () => rung.push("first"));
    const stop = startPatientTimer(250, () => rung.push("second"));
    vi.advanceTimersByTime(249);
    stop();
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect([rung, vi.getTimerCount()]).toEqual([["first"], 0]);
  });

  it("does not count the time in which the isolate was blocked", () => {
    const rung: string[] = [];
    startPatientTimer(200, () => rung.push("now"));
    // The clock jumps by three seconds while one tick is open: that tick rings late, and once.
    vi.setSystemTime(Date.now() + 3_000);
    for (let tick = 1; tick <= 19; tick++) vi.advanceTimersToNextTimer();
    expect(rung).toEqual([]);
    vi.advanceTimersToNextTimer();
    expect(rung).toEqual(["now"]);
  });
});

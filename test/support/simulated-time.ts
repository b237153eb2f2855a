import { setImmediate as turn } from "node:timers/promises";

/** A clock that moves when it is told to, and the waits that it ends. */
export function simulatedTime(start = 1_795_000_000_000) {
  let time = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => time,
    async sleep(ms: number): Promise<void> {
      await new Promise<void>((wake) => sleepers.push({ until: time + ms, wake }));
    },
    /** Moves the clock, ends the waits that are over in their order, and lets their work go on. */
    async advance(ms: number): Promise<void> {
      const end = time + ms;
      for (;;) {
        await turn();
        const [next] = sleepers.filter(({ until }) => until <= end).toSorted((a, b) => a.until - b.until);
        if (!next) break;
        time = Math.max(time, next.until);
        sleepers = sleepers.filter((each) => each !== next);
        next.wake();
      }
      time = end;
    },
    /** Forgets all waits, as the end of their requests does. */
    forget() {
      sleepers = [];
    },
  };
}

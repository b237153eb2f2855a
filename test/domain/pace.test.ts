import { describe, expect, it } from "vitest";
import { createRandom } from "../../load/proofs/gate-sim/random.ts";
import { LONGEST_PACE_MS, OBJECT_TIMES, Pace } from "../../src/domain/pace.ts";

const WRITES_MS = OBJECT_TIMES.request_ms + OBJECT_TIMES.write_ms;

/** Askers that keep to the pace, and never ask more often than they have to. Returns its load by second. */
function live(askers: number, { seconds, ms, needed_ms }: Record<"seconds" | "ms" | "needed_ms", number>): number[] {
  const random = createRandom(askers);
  const pace = new Pace();
  const due = Array.from({ length: 1_000 * seconds }, (): number[] => []);
  for (let index = 0; index < askers; index += 1) due[Math.floor(random.between(0, 1_000))]?.push(index);
  const busy = Array.from({ length: seconds }, () => 0);
  for (const [now, some] of due.entries()) {
    for (const index of some) {
      pace.count(`asker ${index}`, ms, now);
      const second = Math.floor(now / 1_000);
      busy[second] = (busy[second] ?? 0) + ms / 1_000;
      due[now + Math.ceil(Math.max(needed_ms, pace.ms(now)))]?.push(index);
    }
  }
  return busy;
}

describe("the pace of an object", () => {
  it("asks nothing of fifty askers that ask every two seconds anyway", () => {
    const pace = new Pace();
    for (let at = 0; at < 20_000; at += 40) pace.count(`asker ${(at / 40) % 50}`, WRITES_MS, at);
    expect(pace.askers).toBe(50);
    expect(pace.ms(20_000)).toBeLessThan(300);
  });

  it.each([400, 2_000, 4_000])(
    "keeps an object busy for about half of its time with %i askers that came at once",
    (askers) => {
      const load = live(askers, { seconds: 60, ms: WRITES_MS, needed_ms: 500 });
      const later = load.slice(30);
      expect(later.reduce((sum, each) => sum + each, 0) / later.length).toBeLessThan(0.6);
      expect(Math.max(...later)).toBeLessThan(0.8);
    },
  );

  it("is never longer than its bound, however many ask", () => {
    const pace = new Pace();
    for (let n = 0; n < 100_000; n += 1) pace.count(`asker ${n}`, WRITES_MS, n / 100);
    expect(pace.ms(1_000)).toBeGreaterThan(LONGEST_PACE_MS / 3);
    expect(pace.ms(1_000)).toBeLessThanOrEqual(LONGEST_PACE_MS);
  });

  it("does not wait for those that ask once a minute anyway", () => {
    const pace = new Pace();
    for (let n = 0; n < 6_000; n += 1) pace.count(`asker ${n % 3_000}`, WRITES_MS, 20 * n);
    expect(pace.busy(120_000)).toBeLessThan(0.2);
    expect(pace.ms(120_000)).toBeLessThan(5_000);
  });

  it("keeps no hour in mind that its clock is set back by", () => {
    const pace = new Pace();
    for (let n = 0; n < 3_000; n += 1) pace.count(`asker ${n}`, WRITES_MS, 3_600_000 + n);
    for (let n = 0; n < 600; n += 1) pace.count("another", WRITES_MS, 100 * n);
    expect(pace.askers).toBe(1);
    expect(pace.busy(60_000)).toBeLessThan(0.05);
  });

  it("forgets askers that have gone", () => {
    const pace = new Pace();
    for (let n = 0; n < 3_000; n += 1) pace.count(`asker ${n}`, 1, n);
    pace.count("the last", 1, 10 * LONGEST_PACE_MS);
    expect(pace.askers).toBe(1);
  });
});

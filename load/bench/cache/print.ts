import { digits, percent, ranged, ratio, spread } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { type AwaitedCalls, DELAY_MS, keepsPromise } from "./awaited-calls.ts";
import type { Speed, SpeedCell } from "./speeds.ts";

const UNIT = "bare proxy";
const ORDER = [UNIT, "memory", "edge", "kv *", "memory *", "miss", "cache: false"];
const SPEED_HEAD = [
  "answered from",
  "rps",
  "rps ×",
  "p50 ms",
  "p50 −",
  "p99 ms",
  "p99 −",
  "from the expected tier",
  "failed",
];
const AWAITED_HEAD = [
  "execution, everything warm",
  "awaited calls",
  "promised",
  "",
  "as expected",
  "backend calls begun before the reply was sent",
];

/** A cell as a table: medians over the rounds, then ratios and differences to the bare proxy. */
export function printSpeeds({ connections, rounds }: SpeedCell): string {
  const names = Object.keys(rounds[0] ?? {}).toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const rows = names.map((name) => {
    const over = (figure: (speed: Speed, unit: Speed) => number | null) =>
      spread(
        rounds.map((round) => {
          const [speed, unit] = [round[name], round[UNIT]];
          return speed && unit ? figure(speed, unit) : null;
        }),
      );
    return [
      name,
      digits(over(({ rps }) => rps)?.median),
      ranged(over(({ rps }, unit) => ratio(rps, unit.rps))),
      digits(over(({ p50_ms }) => p50_ms)?.median),
      ranged(over(({ p50_ms }, unit) => p50_ms - unit.p50_ms)),
      digits(over(({ p99_ms }) => p99_ms)?.median),
      ranged(over(({ p99_ms }, unit) => p99_ms - unit.p99_ms)),
      percent(over(({ as_expected }) => as_expected)?.min ?? 0, 1),
      `${rounds.reduce((sum, round) => sum + (round[name]?.failed ?? 0), 0)}`,
    ];
  });
  return `${connections === 1 ? "1 connection" : `${connections} connections`}\n${table([SPEED_HEAD, ...rows])}`;
}

/** The table of the backend calls that clients wait for. */
export function printAwaitedCalls(measured: readonly AwaitedCalls[]): string {
  const rows = measured.map((each) => [
    each.name,
    each.awaited.toFixed(2),
    each.most === null ? "–" : `≤ ${each.most}`,
    each.most === null ? "" : keepsPromise(each) ? "holds" : "BROKEN",
    percent(each.as_expected),
    each.begun,
  ]);
  const title = `awaited backend calls: the time that a delay of ${DELAY_MS} ms in every call adds to the reply, divided by ${DELAY_MS} ms`;
  return `${title}\n${table([AWAITED_HEAD, ...rows])}`;
}

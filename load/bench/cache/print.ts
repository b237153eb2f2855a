import { digits, ranged, ratio, spread } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { DELAY_MS, type Dissection, holds } from "./dissect.ts";
import type { Speed, SpeedCell } from "./speeds.ts";

const UNIT = "bare proxy";

/** A cell's table: medians over the rounds, and each round's figures beside the bare proxy's of the same round. */
export function printSpeeds({ connections, rounds }: SpeedCell): string {
  const names = Object.keys(rounds[0] ?? {}).toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const rows = names.map((name) => {
    const over = (of: (speed: Speed, unit: Speed) => number | null) =>
      spread(
        rounds.map((round) => {
          const [speed, unit] = [round[name], round[UNIT]];
          return speed && unit ? of(speed, unit) : null;
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
      `${(100 * (over(({ as_called }) => as_called)?.min ?? 0)).toFixed(1)} %`,
      `${rounds.reduce((sum, round) => sum + (round[name]?.failed ?? 0), 0)}`,
    ];
  });
  const head = ["answered from", "rps", "rps ×", "p50 ms", "p50 −", "p99 ms", "p99 −", "as called", "failed"];
  return `${connections === 1 ? "1 connection" : `${connections} connections`}\n${table([head, ...rows])}`;
}

const ORDER = [UNIT, "memory", "edge", "kv *", "memory *", "miss, called", "cache: false, called"];

/** The table of what a caller waits for. */
export function printDissections(all: readonly Dissection[]): string {
  const rows = all.map((one) => [
    one.name,
    one.waits.toFixed(2),
    one.most === null ? "–" : `≤ ${one.most}`,
    one.most === null ? "" : holds(one) ? "holds" : "BROKEN",
    `${(100 * one.as_called).toFixed(0)} %`,
    one.begun,
  ]);
  const head = [
    "execution, everything warm",
    "awaited calls",
    "target",
    "",
    "as called",
    "backend calls begun before the reply left",
  ];
  return `awaited backend calls: what a delay of ${DELAY_MS} ms of each adds to the reply, in units of it\n${table([head, ...rows])}`;
}

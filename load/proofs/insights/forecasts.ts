import { forecastHours } from "../../../src/domain/insights/holt-winters.ts";
import { table } from "../../harness/table.ts";
import { createDraws } from "./draws.ts";
import { FIRST_HOUR, makeTenant } from "./synthetic-tenant.ts";

const WEEK = 168;
const KNOWN_WEEKS = 8;
/** The weeks ahead that are compared with what then came. */
const AHEAD = [1, 4];
/** Bounds that hold nine times in ten may hold a little less often, or be somewhat too wide. */
const COVERAGE = { least: 0.85, most: 0.97 };

interface Errors {
  ours: number;
  naive: number;
  inside: number;
  hours: number;
}

/**
 * Forecasts tenants of many seeds. Prints errors beside those of the week before; returns faults.
 */
export function proveForecasts({ seed, tenants }: { seed: number; tenants: number }): string[] {
  const rows = AHEAD.map((weeks) => ({ weeks, errors: { ours: 0, naive: 0, inside: 0, hours: 0 } }));
  for (let n = 0; n < tenants; n++) {
    const amounts = amountsOf(seed + n);
    const known = amounts.slice(0, KNOWN_WEEKS * WEEK);
    const forecast = forecastHours(known);
    if (!forecast) throw new Error("Eight weeks are enough for a forecast.");
    const scale = known.reduce((sum, amount) => sum + amount, 0) / known.length;
    for (const { weeks, errors } of rows) {
      for (let ahead = (weeks - 1) * WEEK; ahead < weeks * WEEK; ahead++) {
        addHour(errors, amounts[known.length + ahead] ?? 0, {
          ...forecast.at(ahead),
          naive: known[known.length - WEEK + (ahead % WEEK)] ?? 0,
          scale,
        });
      }
    }
  }
  const head = ["forecast of the", "error / seasonal naive", "within the 90 % bounds"];
  const told = rows.map(({ weeks, errors: { ours, naive, inside, hours } }) => [
    `${weeks}. week`,
    (ours / naive).toFixed(2),
    `${((100 * inside) / hours).toFixed(1)} %`,
  ]);
  console.log(table([head, ...told]));
  return rows.flatMap(({ weeks, errors: { ours, naive, inside, hours } }) => [
    ...(ours < naive ? [] : [`the forecast of week ${weeks} is worse than the week before`]),
    ...(inside / hours >= COVERAGE.least && inside / hours <= COVERAGE.most
      ? []
      : [`${((100 * inside) / hours).toFixed(1)} % of week ${weeks} is within the bounds, not 90 %`]),
  ]);
}

/**
 * Errors as shares of a tenant's middling hour, so that large tenants count no more than small
 * ones.
 */
function addHour(
  errors: Errors,
  amount: number,
  { expected, low, high, naive, scale }: { expected: number; low: number; high: number; naive: number; scale: number },
): void {
  errors.ours += Math.abs(amount - expected) / scale;
  errors.naive += Math.abs(amount - naive) / scale;
  errors.inside += amount >= Math.floor(low) && amount <= Math.ceil(high) ? 1 : 0;
  errors.hours += 1;
}

/**
 * The executions of some prompts of a tenant by the hour, with an outage or a rush now and then.
 */
function amountsOf(seed: number): number[] {
  const hours = (KNOWN_WEEKS + Math.max(...AHEAD)) * WEEK;
  const draws = createDraws(seed * 7);
  const prompts = makeTenant(seed, hours).series.filter(({ kind }) => kind === "prompt");
  const [from, to] = [Math.floor(draws.between(0, 4)), Math.floor(draws.between(4, 8))];
  const chosen = prompts.slice(from, to);
  return Array.from({ length: hours }, (_, at) => {
    const sum = chosen.reduce((total, { cells }) => total + (cells.get(FIRST_HOUR + at)?.executions ?? 0), 0);
    if (draws.chance(0.002)) return Math.round(sum * draws.pick([0, 3]));
    return sum;
  });
}

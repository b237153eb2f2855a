/** A model that its provider will shut down, and on which day. */
export interface ShutdownModel {
  model: string;
  /** `2027-01-14`. */
  date: string;
}

const DAY_MS = 86_400_000;

/**
 * The models of a list that their provider shuts down within some days, the first one first. The
 * providers say so in `shutdown_date` (or `deprecation_date`, `retires_at`), as a date or in Unix
 * seconds.
 */
export function modelsShuttingDown(
  models: readonly Record<string, unknown>[],
  now: number,
  days: number,
): ShutdownModel[] {
  const dated = models.flatMap((model) => {
    const at = timeOf(model["shutdown_date"] ?? model["deprecation_date"] ?? model["retires_at"]);
    if (at === null || at - now > days * DAY_MS || typeof model["id"] !== "string") return [];
    return [{ model: model["id"], date: new Date(at).toISOString().slice(0, 10) }];
  });
  return dated.toSorted((a, b) => (a.date < b.date ? -1 : 1));
}

function timeOf(value: unknown): number | null {
  if (typeof value === "number") return value * 1000;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

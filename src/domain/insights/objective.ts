/** What a prompt promises: shares of executions, and a time in ms. */
export interface Objective {
  /** The share that must not fail. */
  availability: number;
  /** The share that must be answered within `latency_ms`. */
  percentile: number;
  latency_ms: number;
}

/** What holds where a prompt says nothing: 99.9 % within 1.5 s. */
export const DEFAULT_OBJECTIVE: Objective = { availability: 0.999, percentile: 0.999, latency_ms: 1_500 };

/** An objective, and which of its fields the prompt's file gives. */
export interface ReadObjective extends Objective {
  source: "prompt" | "default";
  /** Fields of the file that are no objective and are ignored. */
  ignored: string[];
}

/**
 * The objective in a prompt's metadata: `sla: {availability, latency_ms, percentile}`. Shares may
 * be written as percentages, as in 99.9.
 */
export function readObjective(metadata: Record<string, unknown>): ReadObjective {
  const sla = metadata["sla"];
  const given = typeof sla === "object" && sla !== null ? (sla as Record<string, unknown>) : {};
  const objective = { ...DEFAULT_OBJECTIVE };
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const read = name === "latency_ms" ? positive(value) : share(value);
    if (!Object.hasOwn(DEFAULT_OBJECTIVE, name) || read === undefined) ignored.push(`sla.${name}`);
    else objective[name as keyof Objective] = read;
  }
  const isGiven = Object.keys(given).length > ignored.length;
  return { ...objective, source: isGiven ? "prompt" : "default", ignored };
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** A share between 0 and 1, without these: nothing could be measured against all or nothing. */
function share(value: unknown): number | undefined {
  const number = positive(value);
  if (number === undefined || number >= 100 || number === 1) return undefined;
  return number > 1 ? number / 100 : number;
}

import type { ErrorCode } from "../errors.ts";
import type { Execution } from "../executions/execution.ts";
import {
  addCell,
  bucketOfLatency,
  type InsightCell,
  noCell,
  OWN_FLOOR_MS,
  packCell,
  type PackedCell,
  unpackCell,
} from "./insight-cell.ts";

/** What insights count of an execution that ended beside its sums. Times in ms. */
export interface ExecutionInsight {
  /** Whose fault a failure was; absent where the execution succeeded. */
  fault?: "provider" | "caller" | "own";
  /** Absent for the batch lane, where nobody waits. */
  latency_ms?: number;
  /** The part of it that was not spent in calls to providers. */
  own_ms?: number;
}

/** What a line of insights is about. An empty name of a prompt stands for requests without one. */
export interface InsightLine {
  prompt: string;
  model: string | null;
  cell: InsightCell;
}

/** The stored form: `values` has each name once, and lines name them by position. */
interface PackedInsights {
  values: (string | null)[];
  lines: [number, number, PackedCell][];
}

/** Stands for the prompts beyond those that an hour tells apart. No prompt can have this name. */
export const OTHER_PROMPTS = "(others)";
/**
 * The most lines of a stored hour, those with the most executions, and as many models of others.
 */
const MAX_LINES = 200;
const MAX_OTHERS = 50;

const CALLER_CODES = new Set<ErrorCode>([
  "authentication_error",
  "permission_error",
  "not_found",
  "conflict",
  "validation_error",
  "payload_too_large",
  "budget_exceeded",
]);
/** Calls are limited where the provider, or what it allows the keys, has no room for them. */
const PROVIDER_CODES = new Set<ErrorCode>(["provider_error", "provider_overloaded", "rate_limit_error", "timeout"]);

/** What insights count of a record; undefined where it is not known how the execution ended. */
export function insightOf(execution: Execution): ExecutionInsight | undefined {
  const { status, error, lane, latency_ms, provider_ms, attempts, cached } = execution;
  if (status === "unknown") return undefined;
  const fault = status === "failed" ? { fault: faultOf(error?.code) } : {};
  if (lane === "batch") return fault;
  // A follower of a flight waits for another one's call. Older records do not tell their calls.
  const isOwn = provider_ms !== undefined || (attempts === 0 && cached !== "flight");
  const own_ms = isOwn ? Math.max(0, latency_ms - (provider_ms ?? 0)) : 0;
  return { ...fault, latency_ms, own_ms };
}

function faultOf(code: ErrorCode | undefined): NonNullable<ExecutionInsight["fault"]> {
  if (code === undefined) return "own";
  if (PROVIDER_CODES.has(code)) return "provider";
  return CALLER_CODES.has(code) ? "caller" : "own";
}

/** What insights count of the executions of an hour, by prompt and model. */
export class InsightRollup {
  readonly #lines = new Map<string, InsightLine>();

  /** Adds an execution, or takes it out again. */
  apply(of: Pick<InsightLine, "prompt" | "model"> & { cost_nanousd: number; insight: ExecutionInsight }, sign: 1 | -1) {
    this.#add({ ...of, cell: cellOf(of) }, sign);
  }

  lines(): IterableIterator<InsightLine> {
    return this.#lines.values();
  }

  /** The stored form, to be read by {@link readInsights}; nothing where there is nothing. */
  pack(): string[] {
    if (this.#lines.size === 0) return [];
    const positions = new Map<string | null, number>();
    const positionOf = (name: string | null) => {
      if (!positions.has(name)) positions.set(name, positions.size);
      return positions.get(name) ?? 0;
    };
    const lines = this.#most().map(({ prompt, model, cell }): PackedInsights["lines"][number] => [
      positionOf(prompt),
      positionOf(model),
      packCell(cell),
    ]);
    return [JSON.stringify({ values: [...positions.keys()], lines } satisfies PackedInsights)];
  }

  /** Adds what a stored part counts. */
  addPacked(text: string): void {
    for (const line of readInsights(text)) this.#add(line, 1);
  }

  #add(line: InsightLine, sign: 1 | -1): void {
    let { prompt, model } = line;
    // What is taken out may have been stored among the others.
    if (sign === -1 && !this.#lines.has(keyOf(line))) prompt = OTHER_PROMPTS;
    if (prompt === OTHER_PROMPTS && sign === -1 && !this.#lines.has(keyOf({ prompt, model }))) model = null;
    const key = keyOf({ prompt, model });
    let known = this.#lines.get(key);
    // Its hour was stored by a version that did not count it.
    if (!known && sign === -1) return;
    if (!known) this.#lines.set(key, (known = { prompt, model, cell: noCell() }));
    addCell(known.cell, line.cell, sign);
    if (known.cell.executions <= 0) this.#lines.delete(key);
  }

  /** The lines with the most executions, and the others together by their models. */
  #most(): InsightLine[] {
    const all = [...this.#lines.values()].toSorted((a, b) => b.cell.executions - a.cell.executions);
    const others = new Map<string | null, InsightLine>();
    for (const { model, cell } of all.slice(MAX_LINES)) {
      const name = others.has(model) || others.size < MAX_OTHERS ? model : null;
      let line = others.get(name);
      if (!line) others.set(name, (line = { prompt: OTHER_PROMPTS, model: name, cell: noCell() }));
      addCell(line.cell, cell);
    }
    return [...all.slice(0, MAX_LINES), ...others.values()];
  }
}

/** The lines of a stored part. */
export function* readInsights(text: string): Generator<InsightLine> {
  const { values, lines } = JSON.parse(text) as PackedInsights;
  for (const [prompt, model, cell] of lines) {
    yield { prompt: values[prompt] ?? "", model: values[model] ?? null, cell: unpackCell(cell) };
  }
}

function cellOf({ cost_nanousd, insight }: { cost_nanousd: number; insight: ExecutionInsight }): InsightCell {
  const { fault, latency_ms, own_ms = 0 } = insight;
  const cell = { ...noCell(), executions: 1, cost_nanousd };
  if (fault) cell.errors = 1;
  if (fault === "provider") cell.provider_errors = 1;
  if (fault === "caller") cell.caller_errors = 1;
  if (latency_ms !== undefined) cell.latencies.set(bucketOfLatency(latency_ms), 1);
  if (own_ms > OWN_FLOOR_MS) cell.own.set(bucketOfLatency(own_ms), 1);
  return cell;
}

function keyOf({ prompt, model }: Pick<InsightLine, "prompt" | "model">): string {
  return `${prompt}\n${model ?? ""}`;
}

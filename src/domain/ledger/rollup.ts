import { addUsage, noUsage, USAGE_SUMS, type UsageSums } from "../usage/usage.ts";
import type { SumValue } from "../usage/sum-table.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { BilledCalls } from "../completions/billed-calls.ts";
import { CallRollup } from "./call-rollup.ts";
import type { Combination } from "./entry.ts";
import { type ExecutionInsight, InsightRollup } from "./insight-rollup.ts";
import type { FailedExecution } from "./recent-failures.ts";

/** The sums of one combination. */
export interface RollupLine {
  combination: Combination;
  sums: UsageSums;
}

/** What a record changes in the rollup of its period: it is added, or taken out again. */
export interface RollupChange extends RollupLine {
  created_at: number;
  /** Absent where they are not known, as in records of older versions. */
  calls?: readonly BilledCalls[];
  /** Absent where it is not known how the execution ended. */
  insight?: ExecutionInsight;
  /** Absent where the execution did not fail by a label. */
  failure?: FailedExecution;
  sign: 1 | -1;
}

/** The two forms that a rollup is stored in: without users, and with them. */
export type RollupKind = "plain" | "users";

/** What is stored of a period: the two forms, and of an hour what insights are read from. */
export const STORED_KINDS = ["plain", "users", "insights"] as const;
/** One of {@link STORED_KINDS}. */
export type StoredKind = (typeof STORED_KINDS)[number];

/**
 * The stored form of a rollup. `users` is empty where no execution has a user. The last plain part
 * has the calls and no lines, unless none are known.
 */
export type PackedRollup = Record<StoredKind, string[]>;

/** The columns of a packed line, in their order, before its sums. New ones go to the end. */
export const ROLLUP_COLUMNS = [
  "prompt",
  "version",
  "label",
  "model",
  "provider",
  "key",
  "lane",
  "tags",
  "user",
] as const;
/** One of {@link ROLLUP_COLUMNS}. */
export type RollupColumn = (typeof ROLLUP_COLUMNS)[number];
/**
 * The most lines of a stored row, and about how many bytes of values: a row holds 2 MB. A name may
 * take six bytes a character, as control characters do in JSON.
 */
const MAX_LINES = 2_000;
const MAX_VALUE_BYTES = 1_000_000;
/**
 * The most lines with users of a period: about 20 MB, of the 128 MB of an object. What else comes
 * counts without its user, so that no number of users fills the memory.
 */
export const MAX_USER_LINES = 40_000;

/**
 * A stored part of a rollup: `values` holds every value once, and a line names its values by
 * position. The times are Unix ms.
 */
export interface PackedPart {
  first: number;
  last: number;
  /** How many columns its lines have. */
  width: number;
  values: unknown[];
  lines: number[][];
  calls?: ReturnType<CallRollup["pack"]>;
}

/**
 * The sums of a period (an hour or a day) by combination. It keeps them twice: a query that does
 * not ask for users must not pay for their number.
 */
export class Rollup {
  readonly plain = new Map<string, RollupLine>();
  readonly users = new Map<string, RollupLine>();
  readonly calls = new CallRollup();
  readonly insights = new InsightRollup();
  /** When the first and the last execution started, Unix ms. They may be too far apart. */
  first = Infinity;
  last = -Infinity;

  apply({ combination, sums, created_at, calls, insight, sign }: RollupChange): void {
    this.calls.apply(calls, sign);
    if (insight) {
      const { prompt, model } = combination;
      this.insights.apply({ prompt, model, cost_nanousd: sums.cost_nanousd, insight }, sign);
    }
    const named = withKey(combination);
    addUserLine(this.users, named, sums, sign);
    addLine(this.plain, withoutUser(named), sums, sign);
    this.first = Math.min(this.first, created_at);
    this.last = Math.max(this.last, created_at);
  }

  /**
   * Adds another period's sums to these, but not its calls and insights, which are kept by the hour
   * only.
   */
  merge(other: Rollup): void {
    for (const [key, { combination, sums }] of other.plain) addLine(this.plain, { key, combination }, sums, 1);
    for (const [key, { combination, sums }] of other.users) addUserLine(this.users, { key, combination }, sums, 1);
    this.first = Math.min(this.first, other.first);
    this.last = Math.max(this.last, other.last);
  }

  pack(): PackedRollup {
    const hasUsers = [...this.users.values()].some(({ combination }) => combination.user !== null);
    const plain = [...this.#packLines(this.plain), ...this.#packCalls()];
    return { plain, users: hasUsers ? this.#packLines(this.users) : [], insights: this.insights.pack() };
  }

  #packCalls(): string[] {
    const calls = this.calls.pack();
    if (calls.counted === 0 && calls.calls.length === 0) return [];
    const { first, last } = this;
    return [JSON.stringify({ first, last, width: 0, values: [], lines: [], calls } satisfies PackedPart)];
  }

  #packLines(lines: ReadonlyMap<string, RollupLine>): string[] {
    const all = [...lines.values()];
    const parts: string[] = [];
    for (let at = 0; at < all.length;) {
      const part = this.#packPart(all, at);
      parts.push(JSON.stringify(part));
      at += part.lines.length;
    }
    return parts;
  }

  /** As many of the lines from a position on as one row holds. */
  #packPart(all: readonly RollupLine[], from: number): PackedPart {
    const positions = new Map<string, number>();
    const values: unknown[] = [];
    let bytes = 0;
    const positionOf = (value: unknown): number => {
      const text = JSON.stringify(value);
      const known = positions.get(text);
      if (known !== undefined) return known;
      bytes += byteLength(text);
      positions.set(text, values.length);
      return values.push(value) - 1;
    };
    const lines: number[][] = [];
    for (const { combination, sums } of all.slice(from, from + MAX_LINES)) {
      if (bytes >= MAX_VALUE_BYTES) break;
      const names = ROLLUP_COLUMNS.map((column) => positionOf(combination[column]));
      lines.push([...names, ...USAGE_SUMS.map((name) => sums[name])]);
    }
    return { first: this.first, last: this.last, width: ROLLUP_COLUMNS.length, values, lines };
  }
}

/** Reads a rollup whole from its stored form. */
export function unpackRollup(packed: PackedRollup): Rollup {
  const rollup = new Rollup();
  // Without any user the two forms are the same.
  const users = packed.users.length > 0 ? packed.users : packed.plain;
  for (const line of unpackLines(packed.plain)) addLine(rollup.plain, withKey(line.combination), line.sums, 1);
  for (const line of unpackLines(users)) addUserLine(rollup.users, withKey(line.combination), line.sums, 1);
  for (const { calls } of packed.plain.map(readPart)) if (calls) rollup.calls.addPacked(calls);
  for (const text of packed.insights) rollup.insights.addPacked(text);
  const [part] = packed.plain;
  if (part !== undefined) ({ first: rollup.first, last: rollup.last } = readPart(part));
  return rollup;
}

/** Reads one stored part. */
export function readPart(text: string): PackedPart {
  return JSON.parse(text) as PackedPart;
}

/** The lines of one stored form. */
export function* unpackLines(parts: Iterable<string>): Generator<RollupLine> {
  for (const text of parts) {
    const part = readPart(text);
    for (const line of part.lines) {
      const sums = noUsage();
      for (const [at, name] of USAGE_SUMS.entries()) sums[name] = line[part.width + at] ?? 0;
      yield { combination: combinationOf(part, line), sums };
    }
  }
}

/** The combination of a line of a part. */
export function combinationOf(part: PackedPart, line: readonly number[]): Combination {
  const named = ROLLUP_COLUMNS.map((column, at) => [column, valueIn(part, line, at)]);
  return Object.fromEntries(named) as Combination;
}

/** The value that a line of a part has in one of {@link ROLLUP_COLUMNS}, by its position. */
export function valueIn({ values, width }: PackedPart, line: readonly number[], column: number): SumValue {
  return column < width ? ((values[line[column] ?? -1] ?? null) as SumValue) : null;
}

/** A combination and its columns as one text, which takes longer to make than to add a line. */
interface KeyedCombination {
  key: string;
  combination: Combination;
}

/** The columns in JSON, where none can be taken for another one. */
function withKey(combination: Combination): KeyedCombination {
  const { prompt, version, label, model, provider, key, lane, tags, user } = combination;
  return { key: JSON.stringify([prompt, version, label, model, provider, key, lane, tags, user]), combination };
}

function withoutUser(keyed: KeyedCombination): KeyedCombination {
  const { combination } = keyed;
  return combination.user === null ? keyed : withKey({ ...combination, user: null });
}

/**
 * Adds a line with its user, or without it where there are too many. What is taken out was added.
 */
function addUserLine(lines: Map<string, RollupLine>, keyed: KeyedCombination, sums: UsageSums, sign: 1 | -1): void {
  const hasRoom = keyed.combination.user === null || (sign === 1 && lines.size < MAX_USER_LINES);
  addLine(lines, hasRoom || lines.has(keyed.key) ? keyed : withoutUser(keyed), sums, sign);
}

function addLine(
  lines: Map<string, RollupLine>,
  { key, combination }: KeyedCombination,
  sums: UsageSums,
  sign: 1 | -1,
): void {
  let line = lines.get(key);
  if (!line) lines.set(key, (line = { combination, sums: noUsage() }));
  addUsage(line.sums, sums, sign);
  if (line.sums.executions === 0) lines.delete(key);
}

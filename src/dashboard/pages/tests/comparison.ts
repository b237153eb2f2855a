import type { ComparisonReply } from "../../../client/experiments.ts";
import { decimal, duration, NONE, percent, usd } from "../../ui/format.ts";

/** One of what is compared. */
export type Subject = ComparisonReply["subjects"][number];

/** Two subjects with their differences. */
export type Pair = ComparisonReply["pairs"][number];

/** An input with its answers. */
export type ComparedInput = ComparisonReply["inputs"][number];

const A = "A".charCodeAt(0);

/** The letter of a subject by its place. */
export function letterOf(place: number): string {
  return String.fromCharCode(A + place);
}

/** A subject in words: `version 3 (production), gpt-4o`. */
export function subjectText({ version, label, model }: Pick<Subject, "version" | "label" | "model">): string {
  return `version ${version}${label === null ? "" : ` (${label})`}, ${model ?? "the prompt's model"}`;
}

/** What an answer of a subject cost in the mean; null where that is not known. */
export function costOfAnswer({ cost_usd, answers }: Pick<Subject, "cost_usd" | "answers">): number | null {
  return cost_usd === null || answers === 0 ? null : cost_usd / answers;
}

/** What pairs are compared by, with how a difference of each is written. */
export const MEASURES = [
  { name: "preference", title: "Preference", format: points },
  { name: "score", title: "Score", format: decimal },
  { name: "cost_usd", title: "Cost", format: usd },
  { name: "latency_ms", title: "Latency", format: duration },
  { name: "tokens", title: "Tokens", format: decimal },
] as const;

/** Shares are said as percentages. */
function points(value: number | null): string {
  return percent(value);
}

/** A difference with its sign, which a zero has none of. */
export function signed(value: number | null, format: (value: number | null) => string): string {
  if (value === null || value === 0) return format(value);
  return `${value < 0 ? "−" : "+"}${format(Math.abs(value))}`;
}

/** Whether an interval leaves 0 out, so that there is a difference. */
export function excludesZero(interval: readonly number[] | null | undefined): boolean {
  const [low, high] = interval ?? [];
  return low !== undefined && high !== undefined && (low > 0 || high < 0);
}

/** Who is better, in a sentence; it says so only where the API's verdict does. */
export function verdictText({ a, b, verdict, preference }: Pick<Pair, "a" | "b" | "verdict" | "preference">): string {
  if (verdict === null && preference?.interval === null) return "not judged";
  if (verdict === null) return "no difference shown";
  return `${letterOf(verdict === "a" ? a : b)} is better`;
}

/** Who is better than whom, of all pairs; a dash where the comparison has not ended. */
export function verdictsText(
  counts: { pairs: readonly { a: number; b: number; verdict: "a" | "b" | null }[] } | null,
): string {
  if (!counts) return NONE;
  const won = counts.pairs.flatMap(({ a, b, verdict }) => {
    if (verdict === null) return [];
    const [better, worse] = verdict === "a" ? [a, b] : [b, a];
    return [`${letterOf(better)} is better than ${letterOf(worse)}`];
  });
  return won.length === 0 ? "no difference shown" : won.join(", ");
}

/** What names an input in an address. */
export function inputKey({ name, round }: Pick<ComparedInput, "name" | "round">): string {
  return round === 0 ? name : `${name} · ${round + 1}`;
}

import type { ModelTier } from "./model-tiers.ts";
import type { JsonSchema } from "../json-schema/schema.ts";

/** The complexity that a prompt's author declares in `metadata.complexity`. */
type Complexity = "low" | "moderate" | "high";

/** The mean of feedback scores, each in [0, 1]. */
interface MeanRating {
  mean: number;
  count: number;
}

/**
 * The feedback of end users on a prompt's answers, by model tier. A tier without feedback is
 * absent.
 */
export type QualityHistory = Partial<Record<ModelTier, MeanRating>>;

/** Everything that the choice between a cheap and a strong model depends on. */
export interface RoutingSignals {
  /** The estimated tokens of the rendered prompt. */
  estimated_tokens: number;
  /** The number of messages of the prompt. */
  messages: number;
  variables: readonly { type: string }[];
  complexity: Complexity | undefined;
  output_schema: JsonSchema | undefined;
  quality: QualityHistory | undefined;
}

/** The tier chosen for `auto`, the score in [0, 100], and one reason for each part of the score. */
export interface RoutingDecision {
  choice: ModelTier;
  score: number;
  reasons: string[];
}

/** The lowest score that chooses the strong tier. */
export const STRONG_FROM = 50;
/** Feedback on fewer answers than this is ignored. */
export const MIN_RATINGS = 5;

const TOKENS_PER_POINT = 25;
const MAX_LENGTH_POINTS = 15;
const MAX_VARIABLE_POINTS = 20;
const MAX_MESSAGE_POINTS = 15;
const MAX_SCHEMA_POINTS = 20;
const COMPLEXITY_POINTS: Record<Complexity, number> = { low: -40, moderate: 0, high: 50 };
/** A mean rating of cheap answers below this is too bad. */
const POOR = 0.6;
/** A mean rating of cheap answers from this on is good enough. */
const GOOD = 0.85;
/** How much better the strong tier must be rated to be worth its price. */
const MIN_ADVANTAGE = 0.05;
const POOR_POINTS = 50;
const GOOD_POINTS = -30;
/** Bounds the work of counting fields. A larger schema has reached its maximum of points anyway. */
const MAX_SCHEMA_NODES = 200;

/** One summand of the score. */
interface ScorePart {
  points: number;
  reason: string;
}

/**
 * Chooses the model tier of an execution that asks for `auto`. The score is a sum of points,
 * limited to [0, 100]; it chooses the strong tier from {@link STRONG_FROM} on. The points are:
 * - 1 for every 25 prompt tokens, at most 15;
 * - 2 for a variable and 4 for a list or object, at most 20;
 * - 5 for each message after the second, at most 15;
 * - 2 for a field of the output schema, at most 20;
 * - −40 for a declared complexity of `low`, and +50 for `high`;
 * - +50 for poor feedback on cheap answers, and −30 for good feedback. The weights are a judgement,
 *   not a measurement. Feedback corrects them for each prompt.
 *
 * Length alone never makes a task hard. A question about a long document is a simple task, and the
 * one for which the strong model costs most. Published routers weight length low: LiteLLM's
 * complexity router gives `tokenCount` 0.10, full from 400 tokens on, where 0.35 counts as complex
 * (its `config.py`); Bifrost's gives 10 %
 * (docs.getbifrost.ai/features/governance/complexity-router). Our 15 of 50 is about LiteLLM's
 * proportion. The rest of their score comes from lists of English words. Ours works in every
 * language: it uses the shape of the prompt and of its output, and the declared complexity.
 */
export function routeByScore(signals: RoutingSignals): RoutingDecision {
  const parts = [
    lengthPart(signals.estimated_tokens),
    variablePart(signals.variables),
    messagePart(signals.messages),
    schemaPart(signals.output_schema),
    complexityPart(signals.complexity),
    qualityPart(signals.quality),
  ].filter((part) => part !== undefined);
  const sum = parts.reduce((total, part) => total + part.points, 0);
  const score = Math.min(100, Math.max(0, sum));
  const choice = score >= STRONG_FROM ? "strong" : "cheap";
  return { choice, score, reasons: parts.map(({ points, reason }) => `${reason}: ${signed(points)}`) };
}

/**
 * The complexity in a prompt's metadata: `low`, `moderate` or `high`, or the load tests' terms
 * `simple` and `complex`. Undefined for anything else.
 */
export function declaredComplexity({ metadata }: { metadata: Record<string, unknown> }): Complexity | undefined {
  switch (metadata["complexity"]) {
    case "low":
    case "simple":
      return "low";
    case "moderate":
    case "medium":
      return "moderate";
    case "high":
    case "complex":
      return "high";
    default:
      return undefined;
  }
}

function lengthPart(tokens: number): ScorePart {
  const points = Math.min(MAX_LENGTH_POINTS, Math.floor(tokens / TOKENS_PER_POINT));
  return { points, reason: `about ${tokens} prompt tokens` };
}

function variablePart(variables: RoutingSignals["variables"]): ScorePart | undefined {
  if (variables.length === 0) return undefined;
  const nested = variables.filter(({ type }) => type === "list" || type === "object").length;
  const points = Math.min(MAX_VARIABLE_POINTS, 2 * (variables.length + nested));
  return { points, reason: `${counted(variables.length, "variable")}, ${nested} of them lists or objects` };
}

function messagePart(messages: number): ScorePart | undefined {
  if (messages <= 2) return undefined;
  return { points: Math.min(MAX_MESSAGE_POINTS, 5 * (messages - 2)), reason: `${messages} messages` };
}

function schemaPart(schema: JsonSchema | undefined): ScorePart | undefined {
  if (!schema) return undefined;
  const fields = countFields(schema);
  return { points: Math.min(MAX_SCHEMA_POINTS, 2 * fields), reason: `output schema of ${counted(fields, "field")}` };
}

function complexityPart(complexity: Complexity | undefined): ScorePart | undefined {
  return complexity && { points: COMPLEXITY_POINTS[complexity], reason: `declared complexity ${complexity}` };
}

function qualityPart(quality: QualityHistory | undefined): ScorePart | undefined {
  const cheap = reliable(quality?.cheap);
  if (!cheap) return undefined;
  const rated = `cheap answers rated ${cheap.mean.toFixed(2)} by ${cheap.count}`;
  if (cheap.mean >= GOOD) return { points: GOOD_POINTS, reason: rated };
  if (cheap.mean >= POOR) return { points: 0, reason: rated };
  const strong = reliable(quality?.strong);
  if (strong && strong.mean < cheap.mean + MIN_ADVANTAGE) {
    return { points: 0, reason: `${rated}, strong ones no better with ${strong.mean.toFixed(2)} by ${strong.count}` };
  }
  return { points: POOR_POINTS, reason: rated };
}

/** The rating, if it rests on enough answers. */
function reliable(rating: MeanRating | undefined): MeanRating | undefined {
  return rating && rating.count >= MIN_RATINGS ? rating : undefined;
}

/** The number of properties of a schema and of all schemas within it. */
function countFields(schema: JsonSchema): number {
  let fields = 0;
  const pending: JsonSchema[] = [schema];
  for (let visited = 0; visited < MAX_SCHEMA_NODES && pending.length > 0; visited += 1) {
    const { properties, ...rest } = pending.pop() ?? {};
    const named = isNode(properties) ? Object.values(properties) : [];
    fields += named.length;
    pending.push(...[...named, ...Object.values(rest)].filter(isNode));
  }
  return fields;
}

function isNode(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function signed(points: number): string {
  return points < 0 ? `−${-points}` : `+${points}`;
}

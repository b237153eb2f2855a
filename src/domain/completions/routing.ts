import type { Tier } from "./model-tiers.ts";
import type { JsonSchema, PromptDefinition, VariableSpec } from "../prompts/prompt.ts";

/** How hard its author says that a prompt is (`metadata.complexity`). */
export type Complexity = "low" | "moderate" | "high";

/** The mean of some feedback, each score in [0, 1]. */
export interface Rating {
  mean: number;
  count: number;
}

/** What end users thought of a prompt's answers, by the tier that gave them. Absent: nobody said. */
export type QualityHistory = Partial<Record<Tier, Rating>>;

/** All that the choice between a cheap and a strong model rests on. */
export interface RoutingSignals {
  /** Of the rendered prompt. */
  estimated_tokens: number;
  messages: number;
  variables: readonly Pick<VariableSpec, "type">[];
  complexity: Complexity | undefined;
  output_schema: JsonSchema | undefined;
  quality: QualityHistory | undefined;
}

/** Why `auto` became which tier: the score in [0, 100] and what it is the sum of, a sentence a part. */
export interface Routing {
  choice: Tier;
  score: number;
  reasons: string[];
}

/** From this score on the strong model is asked. */
export const STRONG_FROM = 50;
/** Feedback of fewer answers than this says nothing. */
export const MIN_RATINGS = 5;

const TOKENS_PER_POINT = 25;
const MAX_LENGTH_POINTS = 15;
const MAX_VARIABLE_POINTS = 20;
const MAX_MESSAGE_POINTS = 15;
const MAX_SCHEMA_POINTS = 20;
const COMPLEXITY_POINTS: Record<Complexity, number> = { low: -40, moderate: 0, high: 50 };
/** Cheap answers rated below the first are too bad, from the second on they are good enough. */
const POOR = 0.6;
const GOOD = 0.85;
/** The strong tier must be rated better by this much, or it is not worth its price. */
const WORTH = 0.05;
const POOR_POINTS = 50;
const GOOD_POINTS = -30;
/** Work bound: a schema with more fields than this has long had all its points. */
const MAX_SCHEMA_NODES = 200;

interface Part {
  points: number;
  reason: string;
}

/**
 * Chooses the tier of an execution that asked for `auto`: a sum of points, cut to [0, 100], strong from {@link STRONG_FROM} on.
 * 1 point for 25 tokens (at most 15); 2 for a variable, 4 for a list or object (20); 5 for each message after the second (15);
 * 2 for a field of the output schema (20); what the author declared (low −40, high +50); and what the feedback on cheap answers says
 * (poor +50, good −30). The weights are a judgement, not a measurement: feedback corrects them prompt by prompt.
 *
 * Length alone never makes a task hard: a question about a long document is a simple task, and the one for which the strong model costs most. Published
 * routers give it a tenth of their weights: LiteLLM's complexity router `tokenCount` 0.10, full from 400 tokens on, where 0.35 is complex (its `config.py`);
 * Bifrost's 10 % (docs.getbifrost.ai/features/governance/complexity-router). 15 of our 50 is about LiteLLM's proportion. Theirs is otherwise a list of English words;
 * ours looks at what an author writes in any language: the shape of the prompt and of its output, and the complexity that was declared.
 */
export function routeByScore(signals: RoutingSignals): Routing {
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

/** What the author declared, in the words of routing (`low`, `moderate`, `high`) or of load tests (`simple`, `complex`); undefined for anything else. */
export function declaredComplexity({ metadata }: Pick<PromptDefinition, "metadata">): Complexity | undefined {
  switch (metadata["complexity"]) {
    case "low":
    case "simple":
      return "low";
    case "moderate":
      return "moderate";
    case "high":
    case "complex":
      return "high";
    default:
      return undefined;
  }
}

function lengthPart(tokens: number): Part {
  const points = Math.min(MAX_LENGTH_POINTS, Math.floor(tokens / TOKENS_PER_POINT));
  return { points, reason: `about ${tokens} prompt tokens` };
}

function variablePart(variables: RoutingSignals["variables"]): Part | undefined {
  if (variables.length === 0) return undefined;
  const nested = variables.filter(({ type }) => type === "list" || type === "object").length;
  const points = Math.min(MAX_VARIABLE_POINTS, 2 * (variables.length + nested));
  return { points, reason: `${counted(variables.length, "variable")}, ${nested} of them lists or objects` };
}

function messagePart(messages: number): Part | undefined {
  if (messages <= 2) return undefined;
  return { points: Math.min(MAX_MESSAGE_POINTS, 5 * (messages - 2)), reason: `${messages} messages` };
}

function schemaPart(schema: JsonSchema | undefined): Part | undefined {
  if (!schema) return undefined;
  const fields = countFields(schema);
  return { points: Math.min(MAX_SCHEMA_POINTS, 2 * fields), reason: `output schema of ${counted(fields, "field")}` };
}

function complexityPart(complexity: Complexity | undefined): Part | undefined {
  return complexity && { points: COMPLEXITY_POINTS[complexity], reason: `declared complexity ${complexity}` };
}

function qualityPart(quality: QualityHistory | undefined): Part | undefined {
  const cheap = believed(quality?.cheap);
  if (!cheap) return undefined;
  const rated = `cheap answers rated ${cheap.mean.toFixed(2)} by ${cheap.count}`;
  if (cheap.mean >= GOOD) return { points: GOOD_POINTS, reason: rated };
  if (cheap.mean >= POOR) return { points: 0, reason: rated };
  const strong = believed(quality?.strong);
  if (strong && strong.mean < cheap.mean + WORTH) {
    return { points: 0, reason: `${rated}, strong ones no better with ${strong.mean.toFixed(2)} by ${strong.count}` };
  }
  return { points: POOR_POINTS, reason: rated };
}

function believed(rating: Rating | undefined): Rating | undefined {
  return rating && rating.count >= MIN_RATINGS ? rating : undefined;
}

/** The properties of a schema and of all schemas within it. */
function countFields(schema: JsonSchema): number {
  let fields = 0;
  const waiting: JsonSchema[] = [schema];
  for (let visited = 0; visited < MAX_SCHEMA_NODES && waiting.length > 0; visited += 1) {
    const { properties, ...rest } = waiting.pop() ?? {};
    const named = isNode(properties) ? Object.values(properties) : [];
    fields += named.length;
    waiting.push(...[...named, ...Object.values(rest)].filter(isNode));
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

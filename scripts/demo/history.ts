import { randomBytes } from "node:crypto";
import { seededRandom } from "../../src/domain/comparisons/paired-interval.ts";
import type { ProviderName } from "../../src/domain/completions/completion.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { RecordedTimeline } from "../../src/domain/executions/timeline.ts";
import { newId } from "../../src/domain/id.ts";

/** How a prompt was used in the past. */
export interface PastPrompt {
  prompt: string;
  version: number;
  label: string | null;
  tags: string[];
  model: string;
  provider: ProviderName;
  /** Executions of a middling hour of a working day. */
  rate: number;
  latencyMs: number;
  tokens: { input: number; output: number };
  nanousdPerToken: { input: number; output: number };
  /** The share of executions that a cache answered. */
  cached: number;
}

/** What went wrong with a prompt for some hours. */
export interface PastIncident {
  prompt: string;
  /** How many hours before the end of the history it began. */
  hoursAgo: number;
  hours: number;
  /** How many times as much was executed; 1 where absent. */
  rate?: number;
  /** The share that failed. */
  errors?: number;
  /** How many times as long an answer took; 1 where absent. */
  latency?: number;
  /** The version that was executed, where it is another. */
  version?: number;
}

/** The past of a tenant. `to` is the end of the last whole hour, Unix ms. */
export interface PastOfTenant {
  tenant_id: string;
  key_id: string;
  to: number;
  days: number;
  seed: number;
  prompts: PastPrompt[];
  incidents: PastIncident[];
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** The hour of the day, of UTC, in which most is executed. */
const PEAK_HOUR = 14;
/** What is left of a working day's executions at a weekend. */
const WEEKEND = 0.45;
/** The share that fails where nothing is wrong. */
const USUAL_ERRORS = 0.006;
const USERS = 40;
const KEY_NAME = "history";
/** What came before the first attempt, and after the last one, ms. */
const BEFORE_MS = 4;
const AFTER_MS = 2;

/** The executions of a tenant's past, an hour at a time, the oldest first. */
export function* historyOf(past: PastOfTenant): Generator<Execution[]> {
  const random = seededRandom(past.seed);
  const hours = past.days * DAY_HOURS;
  for (let ago = hours; ago > 0; ago--) {
    const start = past.to - ago * HOUR_MS;
    yield past.prompts
      .flatMap((prompt) => hourOf({ past, prompt, start, ago, random }))
      .toSorted((a, b) => a.created_at - b.created_at);
  }
}

interface Hour {
  past: PastOfTenant;
  prompt: PastPrompt;
  start: number;
  ago: number;
  random: () => number;
}

function hourOf({ past, prompt, start, ago, random }: Hour): Execution[] {
  const incident = past.incidents.find(
    (each) => each.prompt === prompt.prompt && ago <= each.hoursAgo && ago > each.hoursAgo - each.hours,
  );
  const mean = prompt.rate * seasonAt(start) * (incident?.rate ?? 1);
  const count = poisson(mean, random);
  return Array.from({ length: count }, () => {
    const created_at = start + Math.floor(random() * HOUR_MS);
    return executionOf(past, prompt, { created_at, incident, random });
  });
}

/** About one over a week. */
function seasonAt(at: number): number {
  const date = new Date(at);
  const ofDay = 1 + 0.55 * Math.cos((2 * Math.PI * (date.getUTCHours() - PEAK_HOUR)) / DAY_HOURS);
  const isWeekend = date.getUTCDay() % 6 === 0;
  return ofDay * (isWeekend ? WEEKEND : 1);
}

interface Drawn {
  created_at: number;
  incident: PastIncident | undefined;
  random: () => number;
}

function executionOf(past: PastOfTenant, prompt: PastPrompt, drawn: Drawn): Execution {
  const { created_at, incident, random } = drawn;
  const isFailed = random() < (incident?.errors ?? USUAL_ERRORS);
  const cached = !isFailed && random() < prompt.cached ? ("edge" as const) : null;
  const spread = Math.exp(0.45 * normal(random));
  const callMs = Math.round(prompt.latencyMs * spread * (incident?.latency ?? 1));
  const latency_ms = cached ? 3 : BEFORE_MS + callMs + AFTER_MS;
  const tokens = isFailed ? { input: 0, output: 0 } : { ...prompt.tokens };
  tokens.output = Math.round(tokens.output * (0.6 + 0.8 * random()));
  const lines = linesOf(prompt, tokens);
  const worth = lines.reduce((sum, { nanousd }) => sum + nanousd, 0);
  const { model, provider, label: prompt_label, tags: prompt_tags } = prompt;
  return {
    id: newId("exe", created_at),
    tenant_id: past.tenant_id,
    key_id: past.key_id,
    status: isFailed ? "failed" : "succeeded",
    prompt_name: prompt.prompt,
    prompt_version: incident?.version ?? prompt.version,
    prompt_label,
    prompt_tags,
    lane: "standard",
    provider: cached ? null : provider,
    model,
    output: isFailed ? null : "An answer of the past.",
    output_truncated: false,
    finish_reason: isFailed ? null : "stop",
    prompt_tokens: tokens.input,
    completion_tokens: tokens.output,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: cached ? 0 : worth,
    price_table: "history",
    latency_ms,
    provider_ms: cached ? 0 : callMs,
    attempts: cached ? 0 : 1,
    error: isFailed ? { code: "provider_error", detail: `The provider ${provider} answered 500.` } : null,
    end_user: `user-${Math.floor(random() * USERS)}`,
    metadata: { app: "history" },
    created_at,
    cached,
    saved_nanousd: cached ? worth : null,
    ...(!cached && { calls: [callsOf({ provider, model }, created_at, lines)] }),
    timeline: timelineOf(prompt, { isFailed, callMs, isCached: cached !== null }),
  };
}

function linesOf({ nanousdPerToken }: PastPrompt, tokens: PastPrompt["tokens"]) {
  return (["input", "output"] as const).map((kind) => ({
    kind,
    tokens: tokens[kind],
    nanousd: Math.round(tokens[kind] * nanousdPerToken[kind]),
  }));
}

function callsOf(of: Pick<PastPrompt, "provider" | "model">, at: number, lines: ReturnType<typeof linesOf>) {
  return { ...of, hour: Math.floor(at / HOUR_MS), calls: 1, uncounted: 0, unpriced: 0, lines };
}

function timelineOf(
  { model, provider }: PastPrompt,
  { isFailed, callMs, isCached }: { isFailed: boolean; callMs: number; isCached: boolean },
): RecordedTimeline {
  const p: RecordedTimeline["p"] = [
    ["load", 0, 1],
    ["render", 1, 0],
    ["cache", 1, 1],
  ];
  const t = randomBytes(16).toString("hex");
  if (isCached) return { p, a: [], t };
  const told = [model, provider, KEY_NAME, isFailed ? "failed" : "answered", BEFORE_MS, callMs] as const;
  const attempt: RecordedTimeline["a"][number] = isFailed
    ? [...told, null, null, "provider_error", 500]
    : [...told, null, null];
  return { p: [...p, ["llm", 2, callMs + 2]], a: [attempt], t };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** By Knuth's method: means are small. */
function poisson(mean: number, random: () => number): number {
  let [count, product] = [0, random()];
  for (const least = Math.exp(-mean); product > least; count++) product *= random();
  return count;
}

import { addCell, bucketOfLatency, type InsightCell, noCell } from "../../../src/domain/ledger/insight-cell.ts";
import type { SubjectSeries } from "../../../src/domain/ledger/insight-messages.ts";
import type { HourRatings } from "../../../src/domain/ledger/rating-cell.ts";
import { createDraws, type Draws } from "./draws.ts";
import type { Planted } from "./planted.ts";
import type { PromptPlan } from "./prompt-plan.ts";

/** The hours of a tenant: its plans, and what chance and what was planted made of them. */
export interface SyntheticTenant {
  plans: PromptPlan[];
  series: SubjectSeries[];
}

const DAY = 24;
const WEEK = 168;
/** A Monday. */
export const FIRST_HOUR = Math.floor(Date.parse("2026-01-05T00:00:00Z") / 3_600_000);
const RATES = [1, 4, 15, 60, 250, 1_000];
const MODELS = ["gpt-4o-mini", "gpt-6-sol", "claude-haiku-4-5"];
const PROMPTS = 8;
/** The share of executions that get feedback. */
const RATED = 0.05;
/** At most so many latencies are drawn an hour; the others are like them. */
const DRAWN = 60;

/** The plans of a tenant: prompts of very different sizes, each with a season of its own. */
export function planTenant(seed: number): PromptPlan[] {
  const draws = createDraws(seed);
  return Array.from({ length: PROMPTS }, (_, at) => ({
    name: `prompt-${at}`,
    model: draws.pick(MODELS),
    rate: (RATES[at % RATES.length] ?? 1) * draws.between(0.7, 1.5),
    daily: draws.between(0, 0.8),
    weekend: draws.between(0, 0.8),
    peakHour: Math.floor(draws.between(8, 18)),
    growth: draws.between(-0.02, 0.06),
    latencyMs: draws.between(400, 4_000),
    nanousd: draws.between(100_000, 5_000_000),
    errors: draws.between(0.001, 0.02),
    quality: draws.between(0.6, 0.9),
  }));
}

/** The hours from {@link FIRST_HOUR} on. `planted` changes what one prompt does. */
export function makeTenant(seed: number, hours: number, planted?: Planted): SyntheticTenant {
  const plans = planTenant(seed);
  const models = new Map<string, SubjectSeries>();
  const series = plans.map((plan, at) => {
    const own = makePrompt(plan, { draws: createDraws(seed * 1_000 + at), hours, planted });
    const none: SubjectSeries = { kind: "model", name: plan.model, cells: new Map(), ratings: [] };
    const ofModel = models.get(plan.model) ?? none;
    models.set(plan.model, ofModel);
    ofModel.ratings.push(...own.ratings);
    for (const [hour, cell] of own.cells) {
      const sum = ofModel.cells.get(hour) ?? noCell();
      addCell(sum, cell);
      ofModel.cells.set(hour, sum);
    }
    return own;
  });
  return { plans, series: [...series, ...models.values()] };
}

interface Making {
  draws: Draws;
  hours: number;
  planted: Planted | undefined;
}

function makePrompt(plan: PromptPlan, { draws, hours, planted }: Making): SubjectSeries {
  const cells = new Map<number, InsightCell>();
  const ratings: HourRatings[] = [];
  // What goes up stays up for some hours: neighbours are alike.
  const drift = { rate: 0, latency: 0, cost: 0 };
  for (let at = 0; at < hours; at++) {
    const hour = FIRST_HOUR + at;
    drift.rate = 0.5 * drift.rate + 0.06 * draws.normal();
    drift.latency = 0.6 * drift.latency + 0.03 * draws.normal();
    drift.cost = 0.5 * drift.cost + 0.03 * draws.normal();
    const season = (shift: number) => seasonAt(plan, at + shift);
    const usual = { ...plan, rate: plan.rate * season(0), seasonAt: season };
    const now = planted?.prompt === plan.name ? planted.change(usual, at) : usual;
    const executions = draws.poisson(now.rate * Math.exp(drift.rate));
    if (executions === 0) continue;
    cells.set(hour, makeCell(draws, executions, now, drift));
    const scores = draws.poisson(executions * RATED);
    if (scores === 0) continue;
    const spread = 0.25 / Math.sqrt(scores);
    const mean = Math.max(0, Math.min(1, now.quality + spread * draws.normal()));
    ratings.push({
      hour,
      version: 1,
      model: plan.model,
      count: scores,
      sum: mean * scores,
      squares: mean ** 2 * scores,
    });
  }
  return { kind: "prompt", name: plan.name, cells, ratings };
}

function makeCell(
  draws: Draws,
  executions: number,
  now: Pick<PromptPlan, "latencyMs" | "nanousd" | "errors">,
  drift: { latency: number; cost: number },
): InsightCell {
  const cell = noCell();
  cell.executions = executions;
  const costSpread = 0.6 / Math.sqrt(executions);
  cell.cost_nanousd = Math.round(executions * now.nanousd * Math.exp(drift.cost + costSpread * draws.normal()));
  cell.errors = Math.min(executions, draws.poisson(executions * now.errors));
  cell.provider_errors = cell.errors;
  const drawn = Math.min(DRAWN, executions);
  for (let n = 0; n < drawn; n++) {
    const ms = now.latencyMs * Math.exp(drift.latency + 0.5 * draws.normal());
    const bucket = bucketOfLatency(ms);
    cell.latencies.set(bucket, (cell.latencies.get(bucket) ?? 0) + executions / drawn);
  }
  return cell;
}

/** The season and the growth at an hour, about one. */
function seasonAt({ daily, weekend, peakHour, growth }: PromptPlan, at: number): number {
  const ofDay = 1 + daily * Math.cos((2 * Math.PI * ((at % DAY) - peakHour)) / DAY);
  const isWeekend = Math.floor(at / DAY) % 7 >= 5;
  return ofDay * (isWeekend ? 1 - weekend : 1) * (1 + growth) ** (at / WEEK);
}

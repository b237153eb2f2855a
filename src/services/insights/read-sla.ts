import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { type Compliance, complianceOf, sumHours } from "../../domain/insights/compliance.ts";
import { latenciesOverTime, type LatencyOfTime, type LatencyStep } from "../../domain/insights/latencies-over-time.ts";
import { type ReadObjective, readObjective } from "../../domain/insights/objective.ts";
import { type Satisfaction, satisfactionOf } from "../../domain/insights/satisfaction.ts";
import type { InsightCell } from "../../domain/ledger/insight-cell.ts";
import type { SubjectSeries } from "../../domain/ledger/insight-messages.ts";
import { DAY_HOURS, DAY_MS, HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { ROLLUP_DAYS } from "../../domain/ledger/retention.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import { examineSubjects, type InsightDeps, type LeftOut } from "./examined-subjects.ts";

/** What {@link readSla} needs. */
export interface SlaDeps extends InsightDeps {
  resolve: ResolvePrompt;
  executions: Pick<ExecutionRepository, "insights" | "allHours">;
}

/** Of which time and prompt. Times are Unix ms; `from` is included, `to` is not. */
export interface SlaRequest {
  prompt?: string;
  /** 30 days before `to` where absent. */
  from?: number;
  /** Now where absent. */
  to?: number;
  /** Latencies by the hour or the day are wanted, too. */
  over_time?: LatencyStep;
}

/** The windows in which failures are measured, in hours, each ending with the hour under way. */
export const BURN_WINDOWS = { "1h": 1, "6h": 6, "3d": 72 } as const;
/** One of {@link BURN_WINDOWS}. */
export type BurnWindow = keyof typeof BURN_WINDOWS;

/** How a prompt keeps what it promises. */
export interface PromptSla extends Compliance {
  prompt: string;
  objective: ReadObjective;
  burn: Record<BurnWindow, Compliance>;
  satisfaction: Satisfaction[];
}

/** How a tenant's prompts keep what they promise. */
export interface SlaReport {
  prompts: PromptSla[];
  left_out: LeftOut;
  /** Of all executions, or of the prompt that was asked for. */
  over_time?: LatencyOfTime[];
  from: number;
  to: number;
}

const DEFAULT_SPAN_MS = 30 * DAY_MS;
const MAX_SPAN_MS = 92 * DAY_MS;

/**
 * How the prompts with the most executions, or one prompt, keep their objectives. Throws
 * `validation_error` for an empty time, one of more than 92 days, or one that is no longer kept,
 * and `not_found` for a prompt that the tenant neither has nor had.
 */
export async function readSla(deps: SlaDeps, tenantId: string, request: SlaRequest): Promise<SlaReport> {
  const now = deps.now();
  const to = Math.min(request.to ?? now, now);
  const from = request.from ?? to - DEFAULT_SPAN_MS;
  requireSpan({ from, to, now });
  await deps.flush(tenantId);
  // Hours count whole: rollups have no parts of them.
  const hours = { from: hourOf(from), to: hourOf(to - 1) + 1 };
  const current = hourOf(now);
  const { prompt } = request;
  const { series, left_out } = await examineSubjects(
    deps,
    tenantId,
    { from: Math.min(hours.from, current - BURN_WINDOWS["3d"]), to: current + 1 },
    prompt === undefined
      ? { kinds: ["prompt"], others: [] }
      : { kinds: [], others: [{ kind: "prompt", name: prompt }] },
  );
  const { over_time } = request;
  const cells = prompt === undefined ? undefined : series[0]?.cells;
  const latencies = over_time && latenciesOverTime(await hoursOf(deps, tenantId, hours, cells), over_time);
  const prompts = await Promise.all(
    series.map(async (each): Promise<PromptSla> => {
      const objective = await objectiveOf(deps, tenantId, each);
      const measure = (span: { from: number; to: number }) => complianceOf(sumHours(each.cells, span), objective);
      const burn = (window: BurnWindow) => measure({ from: current - BURN_WINDOWS[window], to: current + 1 });
      const ratings = each.ratings.filter(({ hour }) => hour >= hours.from && hour < hours.to);
      return {
        prompt: each.name,
        objective,
        ...measure(hours),
        burn: { "1h": burn("1h"), "6h": burn("6h"), "3d": burn("3d") },
        satisfaction: satisfactionOf(ratings),
      };
    }),
  );
  const span = { from: hours.from * HOUR_MS, to: hours.to * HOUR_MS };
  return { prompts, left_out, ...(latencies && { over_time: latencies }), ...span };
}

/** The hours of a span: of the cells that are known, or of all of the tenant's executions. */
async function hoursOf(
  { executions }: SlaDeps,
  tenantId: string,
  span: NumberSpan,
  known: ReadonlyMap<number, InsightCell> | undefined,
): Promise<Map<number, InsightCell>> {
  const cells = known ?? (await executions.allHours(tenantId, span));
  return new Map([...cells].filter(([hour]) => hour >= span.from && hour < span.to));
}

function requireSpan({ from, to, now }: { from: number; to: number; now: number }): void {
  if (from >= to) throw invalid([{ path: "from", message: "must be before `to`, and before now" }]);
  if (to - from > MAX_SPAN_MS) throw invalid([{ path: "from", message: "is more than 92 days before `to`" }]);
  const oldest = (hourOf(now) - ROLLUP_DAYS.insights.hour * DAY_HOURS) * HOUR_MS;
  if (from >= oldest) return;
  throw invalid([{ path: "from", message: `hours are kept since ${new Date(oldest).toISOString()}` }]);
}

/**
 * The objective of the version that the default label means. A deleted prompt has the default one.
 */
async function objectiveOf(
  { resolve }: SlaDeps,
  tenantId: string,
  { name, cells }: SubjectSeries,
): Promise<ReadObjective> {
  try {
    const { row } = await resolve(tenantId, { name }, 0);
    return readObjective(row.definition.metadata);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "not_found") throw error;
    if (cells.size === 0) throw notFound("prompt");
    return readObjective({});
  }
}

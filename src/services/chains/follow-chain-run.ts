import type { ChainItem, ChainRun } from "../../domain/chains/chain-run.ts";
import { outputOf, standOf, type StepState } from "../../domain/chains/plan-run.ts";
import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { pollChanges } from "../../lib/poll-changes.ts";
import type { ChainRunNews } from "../../storage/chains/chain-runs.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import type { ChainDeps } from "./chain-deps.ts";
import type { ReadChainRun } from "./read-chain-run.ts";
import type { ChainEvent } from "./run-item.ts";
import { nameOf, StepNews } from "./step-events.ts";

/** What a follower of a run is told: what its own stream tells, with the last step's text whole. */
export type FollowedEvent = { type: "start"; run: ChainRun } | ChainEvent | { type: "done"; read: ReadChainRun };

type Deps = Pick<ChainDeps, "runs" | "sleep">;

/** A look is two statements, and an invocation has 1,000. */
const TIMES = { first_wait_ms: 1_000, longest_wait_ms: 5_000, longest_watch_ms: 300_000 };

/**
 * Tells what happened in a run, and what happens, until it has ended or five minutes have passed;
 * then there is no `done`. Throws `not_found` for a run that the tenant does not have.
 */
export async function followChainRun(deps: Deps, key: RunKey): Promise<AsyncIterable<FollowedEvent>> {
  const run = isId("run", key.id) ? await deps.runs.find(key) : undefined;
  if (!run) throw notFound("run of a chain");
  return follow(deps, run);
}

async function* follow(deps: Deps, run: ChainRun): AsyncGenerator<FollowedEvent> {
  yield { type: "start", run };
  const items = new Map<string, ChainItem>();
  const steps = new StepNews();
  let states: StepState[] = [];
  const look = async () => {
    const ended = [...items].flatMap(([name, { end }]) => (end ? [name] : []));
    const news = await deps.runs.news(run, ended);
    if (!news) throw notFound("run of a chain");
    for (const item of news.items) items.set(nameOf(item), item);
    return news;
  };
  const isOver = ({ ended_at }: ChainRunNews) => ended_at !== null;
  const hasChanged = (now: ChainRunNews) => now.items.length > 0 || isOver(now);
  for await (const news of pollChanges(await look(), { ...TIMES, sleep: deps.sleep, look, isOver, hasChanged })) {
    states = standOf(run.plan, [...items.values()], states);
    yield* steps.of(states, items);
    if (!isOver(news)) continue;
    const { status, ended_at } = news;
    yield* textOf(states);
    yield { type: "done", read: { run: { ...run, status, ended_at }, states, items: [...items.values()] } };
  }
}

/** The text of the last step, whole. */
function* textOf(states: readonly StepState[]): Generator<ChainEvent> {
  const last = states.at(-1);
  const text = last && outputOf(last);
  if (typeof text === "string") yield { type: "delta", step: last?.step.id ?? "", text };
}

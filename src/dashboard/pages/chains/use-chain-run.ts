import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { eventsIn, followToEnd } from "../../api/follow-events.ts";
import { useRead } from "../../api/use-api.ts";
import { type ShownChainRun, type FollowedRun, NOTHING_FOLLOWED, withRunEvent } from "./run-events.ts";

/** A run, which is followed by its events while it goes on. */
export function useChainRun(id: string) {
  const read = useRead("GET /v1/chain-runs/{id}", { path: { id } });
  const [followed, setFollowed] = useState<FollowedRun>(NOTHING_FOLLOWED);
  const isRunning = read.data?.status === "running";
  const last = read.data?.steps.at(-1)?.id ?? "";
  useEffect(() => {
    if (!isRunning) return undefined;
    const leave = new AbortController();
    const { signal } = leave;
    const open = async () => {
      // Each connection tells the run from its beginning.
      setFollowed(NOTHING_FOLLOWED);
      return api.response("GET /v1/chain-runs/{id}/events", { path: { id }, signal });
    };
    void followToEnd(open, signal, ({ event, value }) => {
      setFollowed((known) => withRunEvent(known, event, value, last));
      if (event === "done") void read.refetch();
    });
    return () => leave.abort();
  }, [id, isRunning]);
  const run = read.data && isRunning ? withFollowed(read.data, followed) : read.data;
  return { ...read, run, isRunning, text: followed.text };
}

/** A run as it was read, with what its events have told since. */
function withFollowed(run: ShownChainRun, { run: ended, steps }: FollowedRun): ShownChainRun {
  if (ended) return ended;
  const told = new Map(steps.map((step) => [step.id, step]));
  return { ...run, steps: run.steps.map((step) => told.get(step.id) ?? step) };
}

/** What a run is started with. */
export interface RunRequest {
  inputs: Record<string, unknown>;
  max_cost_usd?: number | undefined;
}

/** Starts runs of a version of a chain and follows them. One that is left goes on. */
export function useStartedRun({ name, version }: { name: string; version: number }, last: string) {
  const [followed, setFollowed] = useState<FollowedRun | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [leave] = useState(() => new AbortController());
  useEffect(() => () => leave.abort(), []);
  const start = async ({ inputs, max_cost_usd }: RunRequest) => {
    setError(null);
    setRunning(true);
    setFollowed(NOTHING_FOLLOWED);
    try {
      const response = await api.response("POST /v1/chains/{name}/execute", {
        path: { name },
        body: { version, inputs, stream: true, ...(max_cost_usd === undefined ? {} : { max_cost_usd }) },
        signal: leave.signal,
      });
      for await (const { event, value } of eventsIn(response)) {
        setFollowed((known) => withRunEvent(known ?? NOTHING_FOLLOWED, event, value, last));
      }
    } catch (fault) {
      if (!leave.signal.aborted) setError(fault instanceof Error ? fault : new Error(String(fault)));
    }
    setRunning(false);
  };
  return { followed, error, isRunning, start };
}

import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { followToEnd } from "../../api/follow-events.ts";
import { useRead } from "../../api/use-api.ts";

/** The results of a run under way are asked for so often, ms; its numbers come by themselves. */
const RESULTS_MS = 2_000;

/** What a run's events say of it. */
export interface RunProgress {
  /** Trials that ended. */
  ended: number;
  passed: number;
  cost_usd: number | null;
}

/** A test run, which is followed while it runs. */
export function useTestRun(id: string) {
  const read = useRead(
    "GET /v1/test-runs/{id}",
    { path: { id } },
    { everyMs: (run) => (run?.status === "running" ? RESULTS_MS : false) },
  );
  const isRunning = read.data?.status === "running";
  const [progress, setProgress] = useState<RunProgress | null>(null);
  useEffect(() => {
    if (!isRunning) return undefined;
    const leave = new AbortController();
    const { signal } = leave;
    const open = async () => api.response("GET /v1/test-runs/{id}/events", { path: { id }, signal });
    void followToEnd(open, signal, ({ event, value }) => {
      if (event === "progress") setProgress(value as RunProgress);
      if (event === "done") void read.refetch();
    });
    return () => leave.abort();
  }, [id, isRunning]);
  return { ...read, isRunning, progress };
}

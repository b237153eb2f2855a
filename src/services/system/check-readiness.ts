import { withTimeout } from "../../lib/deadline.ts";

/**
 * Asks each backend, by its name, a question that costs next to nothing. Rejects if the backend
 * does not answer or cannot be used yet.
 */
export type Probes = Record<string, () => Promise<unknown>>;

/** The state of each backend, and `ready` if all of them answer. */
export interface Readiness {
  status: "ready" | "degraded";
  checks: Record<string, "ok" | "failed">;
}

/** How long a backend may take to answer, ms: balancers wait some seconds for the whole of it. */
const PROBE_WITHIN_MS = 2_000;

/** Probes every backend at once. Never fails, and one that hangs has failed. */
export async function checkReadiness({ probes }: { probes: Probes }): Promise<Readiness> {
  const checks = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => {
      const state = await withTimeout(probe(), PROBE_WITHIN_MS, () => new Error("late")).then(
        () => "ok" as const,
        () => "failed" as const,
      );
      return [name, state] as const;
    }),
  );
  const isReady = checks.every(([, state]) => state === "ok");
  return { status: isReady ? "ready" : "degraded", checks: Object.fromEntries(checks) };
}

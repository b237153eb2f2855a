import type { Clock } from "../../lib/clock.ts";
import type { ChainRunRepository } from "../../storage/chains/chain-runs.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";

/** What a {@link RunLease} needs. */
export interface RunLeaseDeps extends Clock {
  runs: Pick<ChainRunRepository, "renew">;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
  every(ms: number, work: () => void): () => void;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, runId: string, error: unknown): void;
}

/** A lease is renewed this often in its time. */
const RENEWALS = 3;

/** The lease of a run, which its worker renews until it stops. */
export class RunLease {
  readonly key: RunKey;
  readonly token: string;
  readonly stop: () => void;
  #isOpen = true;

  /** `leaseMs` is how long the lease lasts. `event` names the failure of a renewal. */
  constructor(deps: RunLeaseDeps, held: { key: RunKey; token: string; leaseMs: number; event: string }) {
    const { key, token, leaseMs, event } = held;
    this.key = key;
    this.token = token;
    const renew = async () => this.check(await deps.runs.renew(key, token, deps.now() + leaseMs));
    this.stop = deps.every(leaseMs / RENEWALS, () => {
      void renew().catch((error: unknown) => deps.onError(event, key.id, error));
    });
  }

  /** Whether the run goes on and is still this worker's, as far as is known. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Notes what a write under the lease found: false ends it for good. */
  check(isOpen: boolean): boolean {
    this.#isOpen &&= isOpen;
    return isOpen;
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { executePrompt, type ExecutionRequest } from "../../harness/execution.ts";
import { percentile } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";

/** The number of callers; each sends its next request when the last one is answered. */
const CALLERS = 16;
/** How long a caller waits after a request that failed, ms. */
const PAUSE_MS = 50;

/** What callers met in one phase. */
interface Phase {
  name: string;
  /** Times from request to answer, ms. */
  answered: number[];
  /** Requests that were refused (429 or 503) or failed, by status and code. */
  failed: Map<string, number>;
}

/** Sixteen callers in a closed loop over all isolates, and what they met, by phase. */
export class SteadyCallers {
  readonly #phases: Phase[] = [];
  readonly #running: Promise<void>[];
  #isStopped = false;

  constructor(urls: readonly string[], key: string, request: ExecutionRequest) {
    this.begin("before");
    this.#running = Array.from({ length: CALLERS }, async (_, caller) => {
      const url = urls[caller % urls.length] ?? "";
      for (let n = 0; !this.#isStopped; n++) {
        const variables = { text: `caller ${caller}, request ${n}` };
        await this.#send({ url, key }, { ...request, variables });
      }
    });
  }

  /** Begins a phase: what is sent from now on counts for it. */
  begin(name: string): void {
    this.#phases.push({ name, answered: [], failed: new Map() });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  /** A table of the phases. */
  table(): string {
    const rows = this.#phases.map(({ name, answered, failed }) => [
      name,
      `${answered.length}`,
      failed.size === 0 ? "0" : [...failed].map(([what, count]) => `${count} × ${what}`).join(", "),
      percentile(answered, 50).toFixed(0),
      percentile(answered, 100).toFixed(0),
    ]);
    return table([["phase", "answered", "refused or failed", "p50 ms", "max ms"], ...rows]);
  }

  /** What is wrong: requests that were not answered, and phases without an answer. */
  faults(): string[] {
    return this.#phases.flatMap(({ name, answered, failed }) => {
      const count = [...failed.values()].reduce((sum, each) => sum + each, 0);
      if (count > 0) return [`${name}: ${count} requests were refused or failed`];
      return answered.length === 0 ? [`${name}: nothing was answered`] : [];
    });
  }

  async #send(endpoint: { url: string; key: string }, request: ExecutionRequest): Promise<void> {
    const phase = this.#phases.at(-1);
    const began = performance.now();
    const { complete, status, error, endedAt } = await executePrompt(endpoint, request);
    if (complete) {
      phase?.answered.push(endedAt - began);
      return;
    }
    const what = `${status} ${error ?? "incomplete"}`;
    phase?.failed.set(what, (phase.failed.get(what) ?? 0) + 1);
    await sleep(PAUSE_MS);
  }
}

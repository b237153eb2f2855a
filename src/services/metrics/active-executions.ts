import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { byLane, type Lane } from "../../domain/lane.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";

/** The executions that are under way in an isolate. */
export class ActiveExecutions {
  readonly #clock: Clock;
  readonly #startedAt = new Map<ExecutionRequest, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(request: ExecutionRequest): void {
    this.#startedAt.set(request, this.#clock.now());
  }

  end(request: ExecutionRequest): void {
    this.#startedAt.delete(request);
  }

  /**
   * How many there are, of a tenant, or in all where it is null. One whose request was cut off has no end; it is
   * forgotten once it would have timed out.
   */
  count(tenantId: string | null): Record<Lane, number> {
    const counts = byLane(() => 0);
    const oldest = this.#clock.now() - MAX_TIMEOUT_MS;
    for (const [request, startedAt] of this.#startedAt) {
      if (startedAt < oldest) this.#startedAt.delete(request);
      else if (tenantId === null || request.tenant_id === tenantId) counts[request.lane] += 1;
    }
    return counts;
  }
}

/**
 * Executions that are counted while they are under way. `begin` is told of each one; those that
 * are recorded end where they are observed, and the others here.
 */
export function watchActive(
  execute: ExecutePrompt,
  { begin, end }: Pick<ActiveExecutions, "begin" | "end">,
): ExecutePrompt {
  async function watched<T>(request: ExecutionRequest, work: () => Promise<T>): Promise<T> {
    begin(request);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ExecutionFailed)) end(request);
      throw error;
    }
  }
  return {
    run: async (request, ...more) => watched(request, async () => execute.run(request, ...more)),
    stream: async (request, ...more) => watched(request, async () => execute.stream(request, ...more)),
  };
}

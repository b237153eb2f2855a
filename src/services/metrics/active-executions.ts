import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { byLane, type Lane } from "../../domain/lane.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";

/** An execution that is under way. */
interface ActiveExecution {
  tenant_id: string;
  lane: Lane;
  startedAt: number;
}

/**
 * The executions that are under way in an isolate. It holds none of their requests: one that was
 * cut off has no end here, and would keep its body in memory.
 */
export class ActiveExecutions {
  readonly #clock: Clock;
  readonly #byRequest = new WeakMap<ExecutionRequest, ActiveExecution>();
  readonly #active = new Set<ActiveExecution>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(request: ExecutionRequest): void {
    const { tenant_id, lane } = request;
    const begun = { tenant_id, lane, startedAt: this.#clock.now() };
    this.#byRequest.set(request, begun);
    this.#active.add(begun);
  }

  end(request: ExecutionRequest): void {
    const begun = this.#byRequest.get(request);
    if (begun) this.#active.delete(begun);
  }

  /**
   * How many there are, of a tenant, or in all where it is null. One whose request was cut off is
   * forgotten once it would have timed out.
   */
  count(tenantId: string | null): Record<Lane, number> {
    const counts = byLane(() => 0);
    const oldest = this.#clock.now() - MAX_TIMEOUT_MS;
    for (const active of this.#active) {
      if (active.startedAt < oldest) this.#active.delete(active);
      else if (tenantId === null || active.tenant_id === tenantId) counts[active.lane] += 1;
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

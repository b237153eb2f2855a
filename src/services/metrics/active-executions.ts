import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { byLane, type Lane, LANES } from "../../domain/lane.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";

const NONE: Readonly<Record<Lane, number>> = byLane(() => 0);

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
  /** The first to begin first. */
  readonly #active = new Set<ActiveExecution>();
  /** How many each tenant has: thousands of tenants ask, and each must not look at all. */
  readonly #counts = new Map<string, Record<Lane, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(request: ExecutionRequest): void {
    const { tenant_id, lane } = request;
    const begun = { tenant_id, lane, startedAt: this.#clock.now() };
    this.#byRequest.set(request, begun);
    this.#active.add(begun);
    const counts = this.#counts.get(tenant_id);
    if (counts) counts[lane] += 1;
    else this.#counts.set(tenant_id, { ...NONE, [lane]: 1 });
  }

  end(request: ExecutionRequest): void {
    const begun = this.#byRequest.get(request);
    if (begun) this.#end(begun);
  }

  /** Whether there is any, of a tenant, or at all where it is null. */
  has(tenantId: string | null): boolean {
    this.#forgetOld();
    return tenantId === null ? this.#active.size > 0 : this.#counts.has(tenantId);
  }

  /** How many there are, of a tenant, or in all where it is null. */
  count(tenantId: string | null): Record<Lane, number> {
    this.#forgetOld();
    if (tenantId !== null) return { ...NONE, ...this.#counts.get(tenantId) };
    const all = [...this.#counts.values()];
    return byLane((lane) => all.reduce((sum, counts) => sum + counts[lane], 0));
  }

  #end(begun: ActiveExecution): void {
    const counts = this.#counts.get(begun.tenant_id);
    if (!this.#active.delete(begun) || !counts) return;
    counts[begun.lane] -= 1;
    if (LANES.every((lane) => counts[lane] === 0)) this.#counts.delete(begun.tenant_id);
  }

  /** One whose request was cut off is forgotten once it would have timed out. */
  #forgetOld(): void {
    const oldest = this.#clock.now() - MAX_TIMEOUT_MS;
    for (const active of this.#active) {
      if (active.startedAt >= oldest) return;
      this.#end(active);
    }
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

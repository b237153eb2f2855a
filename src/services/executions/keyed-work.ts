import { type FrameError, toFrameError } from "../../domain/completions/flight-frame.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { type Intent, toUnknown } from "../../domain/executions/intent.ts";
import { toAppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Clock } from "../../lib/clock.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import { ExecutionFailed } from "./execute-result.ts";
import { type IdempotencyGrant, unresolved } from "./idempotency-keys.ts";

/** What is stored under a key: the execution as it was recorded, and the error where it failed. */
export interface StoredResult {
  execution: Execution;
  error?: FrameError;
  /** True where the record could not be written. It is written before the result is told. */
  unrecorded?: boolean;
}

/** What {@link KeyedWork} needs. */
export interface KeyedWorkDeps extends Clock {
  record: RecordUsage["now"];
  /** Finds a recorded execution. */
  find(tenantId: string, id: string): Promise<Execution | undefined>;
  sleep: (ms: number) => Promise<void>;
}

const UNKNOWN_DETAIL =
  "It is not known how the first execution with this idempotency key ended. It was not repeated, because it may " +
  "have been paid for. With another key the request is executed again.";

/**
 * An execution under an idempotency key, granted to this caller. Knows by facts what may be done
 * with the key at the end: it is released only if it is certain that nothing was spent.
 */
export class KeyedWork {
  /** The request under the granted id. */
  readonly request: ExecutionRequest;
  readonly #deps: KeyedWorkDeps;
  readonly #grant: IdempotencyGrant;
  #isStarted = false;
  /** Why this worker may not go on, where another one has the key by now. */
  #superseded: { error: unknown } | undefined;
  #unrecorded: Execution | undefined;

  constructor(deps: KeyedWorkDeps, grant: IdempotencyGrant, request: ExecutionRequest) {
    this.#deps = deps;
    this.#grant = grant;
    this.request = { ...request, id: grant.id };
  }

  /** Says what money is about to be spent on. Throws where it may not be spent. */
  async start(intent: Intent): Promise<void> {
    // What an earlier call of this worker spent stays spent.
    const wasStarted = this.#isStarted;
    this.#isStarted = true;
    try {
      await this.#grant.start(intent);
    } catch (error) {
      this.#isStarted = wasStarted;
      const isPassedOn = toAppError(error).code === "conflict" || this.#deps.now() >= this.#grant.lease_until;
      if (isPassedOn) this.#superseded = { error };
      throw error;
    }
  }

  /**
   * Records the execution. Throws what recording throws, and a `conflict` where the id belongs to
   * another worker by now.
   */
  async record(execution: Execution): Promise<void> {
    if (this.#superseded) throw this.#superseded.error;
    try {
      await this.#deps.record(execution);
    } catch (error) {
      this.#unrecorded = execution;
      throw error;
    }
  }

  /**
   * What an earlier worker recorded under the id, settled. One that was about to spend money and
   * recorded nothing may have spent it, and is recorded as `unknown`. Undefined if it left nothing.
   * Throws a 503 where that cannot be seen.
   */
  async leftBehind(): Promise<StoredResult | undefined> {
    const { resumed, intent, id } = this.#grant;
    if (!resumed) return undefined;
    const { tenant_id } = this.request;
    let left: Execution | undefined;
    try {
      left = await findRecord(this.#deps, tenant_id, id);
      if (!left && intent) {
        left = toUnknown(tenant_id, intent);
        await this.#deps.record(left);
      }
    } catch (error) {
      await this.#grant.handBack();
      throw error;
    }
    if (!left) return undefined;
    const result = resultOf(left);
    await this.#store(result);
    return result;
  }

  /**
   * Settles the key, and gives the result that the key has: another one, if the lease ended and
   * another worker recorded its execution first. A key that cannot be reached does not matter to
   * the caller. Throws a 503 where it cannot be seen which result counts.
   */
  async end(own: StoredResult): Promise<StoredResult> {
    const { resumed, lease_until } = this.#grant;
    const result = resumed ? await recordedFirst(this.#deps, this.request.tenant_id, own) : own;
    const settlement = await this.#store(result);
    if (settlement === "stored" || resumed) return result;
    const isOverdue = settlement === "passed on" || this.#deps.now() >= lease_until;
    return isOverdue ? recordedFirst(this.#deps, this.request.tenant_id, own) : own;
  }

  /**
   * Ends the work with what was thrown. Throws it again, or gives the result of another worker,
   * which counts instead.
   */
  async fail(thrown: unknown): Promise<StoredResult> {
    if (this.#unrecorded) {
      const own = this.#unrecorded;
      const isUnspent = own.status === "failed" && own.attempts === 0;
      if (isUnspent && !this.#grant.resumed) await this.#grant.release();
      else await this.end({ ...resultOf(own), unrecorded: true });
      throw thrown;
    }
    if (!(thrown instanceof ExecutionFailed)) {
      if (!this.#isStarted) await (this.#grant.resumed ? this.#grant.handBack() : this.#grant.release());
      throw thrown;
    }
    if (thrown.unspent && thrown.error.retryable && !this.#grant.resumed) {
      await this.#grant.release();
      throw thrown;
    }
    const { execution, error } = thrown;
    const kept = await this.end({ execution, error: toFrameError(error) });
    if (kept.execution === execution) throw thrown;
    return kept;
  }

  async #store(result: StoredResult) {
    return this.#grant.settle(result.error ? "failed" : "done", JSON.stringify(result));
  }
}

/**
 * A stored result as it may be told: recorded, even if that failed when the execution ended. An end
 * that was not known then may be on record since.
 */
export async function recordedResult(
  deps: KeyedWorkDeps,
  tenantId: string,
  stored: StoredResult,
): Promise<StoredResult> {
  const { execution, unrecorded = false } = stored;
  if (unrecorded) await deps.record(execution);
  return unrecorded || execution.status === "unknown" ? recordedFirst(deps, tenantId, stored) : stored;
}

/**
 * Of two executions under one id, the one that was recorded first counts. One that is only known to
 * have begun (`unknown`) has no result, and gives way to one that has.
 */
async function recordedFirst(deps: KeyedWorkDeps, tenantId: string, own: StoredResult): Promise<StoredResult> {
  const { id, created_at, status } = own.execution;
  const first = await findRecord(deps, tenantId, id);
  if (!first || first.status === "unknown") return own;
  return status !== "unknown" && first.created_at === created_at ? own : resultOf(first);
}

async function findRecord(deps: KeyedWorkDeps, tenantId: string, id: string): Promise<Execution | undefined> {
  return retryBriefly(deps, async () => deps.find(tenantId, id)).catch((error: unknown) => {
    throw unresolved("The result of this idempotency key cannot be read at the moment.", error);
  });
}

function resultOf(execution: Execution): StoredResult {
  const { error, status } = execution;
  const detail = status === "unknown" ? UNKNOWN_DETAIL : error?.detail;
  return error ? { execution, error: { ...error, detail: detail ?? "", retryable: false } } : { execution };
}

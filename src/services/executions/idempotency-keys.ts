import { AppError, invalid } from "../../domain/errors.ts";
import type { IdempotencyClaim, IdempotencyReply } from "../../domain/executions/idempotency.ts";
import type { Intent } from "../../domain/executions/intent.ts";
import type { Clock } from "../../lib/clock.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import { stableJson } from "../../lib/stable-json.ts";

/**
 * The object of one idempotency key as it is called. A `replay` comes with the stored result. Each
 * call may be repeated: the token and the id of the work name the worker.
 */
export interface IdempotencyObject {
  claim(wanted: IdempotencyClaim): Promise<IdempotencyReply>;
  settle(token: number, status: "done" | "failed", result: string, executionId: string): Promise<boolean>;
  release(token: number, executionId: string): Promise<void>;
  handBack(token: number, executionId: string): Promise<void>;
}

/**
 * What became of a settlement. `stored`: the key has the result. `passed on`: the lease was over,
 * and another worker has the key. `unreachable`: nobody knows; the key may be still in progress.
 */
export type KeySettlement = "stored" | "passed on" | "unreachable";

/**
 * Work that was granted to one caller. Settle it, release it or hand it back. These calls are
 * repeated and never throw: a key that none of them reached stays in progress until its lease ends,
 * and then the next caller looks the work up by its id.
 */
export interface IdempotencyGrant {
  /** The id of the work, whoever does it. */
  id: string;
  /** True where an earlier worker vanished, which may have done the work under this id. */
  resumed: boolean;
  /** What the vanished worker was about to spend money on; absent where it never was. */
  intent?: Intent;
  /** From this time on, another worker may have the key. Unix ms. */
  lease_until: number;
  /**
   * Keeps what the worker is about to spend money on, so that no later one spends it again. Throws
   * `conflict` where another worker has the key by now, and a 503 where the key cannot be reached:
   * the work may not begin then.
   */
  start(intent: Intent): Promise<void>;
  settle(status: "done" | "failed", result: string): Promise<KeySettlement>;
  /** Frees the key: it is certain that nothing was spent or committed under it. */
  release(): Promise<void>;
  /** Ends the lease and keeps the key in progress, so that the next caller resolves it now. */
  handBack(): Promise<void>;
}

/** What a caller with a key asks for. Two requests are the same if their canonical JSON is. */
export interface KeyedRequest {
  tenant_id: string;
  key: string;
  request: unknown;
  /** The request as earlier versions compared it, where that differs. */
  earlier?: unknown;
  /** The id of the work, if this caller is the first. New for each call. */
  id: string;
  /** After this time the worker counts as gone, in ms. */
  lease_ms: number;
}

/**
 * The idempotency keys of tenants (after draft-ietf-httpapi-idempotency-key-header). Throws
 * `validation_error` for a malformed key and for one that was used for another request, `conflict`
 * with a time to wait while the first caller works, and a 503 where the key cannot be reached.
 */
export interface IdempotencyKeys {
  /** Grants the work to this caller, or gives the result that exists already. */
  begin(keyed: KeyedRequest): Promise<IdempotencyGrant | { result: string }>;
}

/** What {@link createIdempotencyKeys} needs. */
export interface IdempotencyKeysDeps extends Clock {
  /** A new stub at each call, because a failure may have broken the last one. */
  objectOf(tenantId: string, key: string): IdempotencyObject;
  sleep: (ms: number) => Promise<void>;
  onFault(event: string, error: unknown, ids: Record<string, string>): void;
}

/** Visible ASCII, at most 255 characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;
/** The wait to suggest where a key cannot be resolved at the moment, in ms. */
const UNRESOLVED_RETRY_MS = 1_000;

/** Idempotency keys, each in an object of its own. */
export function createIdempotencyKeys(deps: IdempotencyKeysDeps): IdempotencyKeys {
  return {
    async begin({ tenant_id, key, request, earlier = request, id, lease_ms }) {
      if (!KEY.test(key)) {
        throw invalid([{ path: "idempotency-key", message: "must be 1 to 255 visible ASCII characters" }]);
      }
      const ask: AskKey = async (call) =>
        retryBriefly({ sleep: deps.sleep, isFinal: isOverloaded }, async () => call(deps.objectOf(tenant_id, key)));
      const [text, earlierText] = [stableJson(request), stableJson(earlier)];
      const fingerprint = await sha256Hex(text);
      const earlier_fingerprint = earlierText === text ? undefined : await sha256Hex(earlierText);
      const claim = { fingerprint, earlier_fingerprint, execution_id: id, lease_ms };
      const lease_until = deps.now() + lease_ms;
      const reply = await claimKey(ask, claim);
      if (reply.kind === "replay") return { result: reply.result };
      if (reply.kind === "busy") throw stillRunning(reply.retry_after_ms);
      if (reply.kind === "mismatch") throw usedOtherwise();
      return grantOf(deps, ask, claim, { ...reply, lease_until });
    },
  };
}

/** Makes a call to the key's object, and repeats it where it fails. */
type AskKey = <T>(call: (object: IdempotencyObject) => Promise<T>) => Promise<T>;

async function claimKey(ask: AskKey, claim: IdempotencyClaim): Promise<IdempotencyReply> {
  return ask(async (object) => object.claim(claim)).catch((error: unknown) => {
    throw unresolved("The idempotency key cannot be checked at the moment.", error);
  });
}

/** A claim that was granted. */
type Granted = Extract<IdempotencyReply, { token: number }> & { intent?: Intent; lease_until: number };

function grantOf(
  deps: IdempotencyKeysDeps,
  ask: AskKey,
  claim: IdempotencyClaim,
  { kind, token, execution_id: id, intent: left, lease_until }: Granted,
): IdempotencyGrant {
  const fault = (event: string) => (error: unknown) => deps.onFault(event, error, { id });
  const handBack = async (held: number) =>
    ask(async (object) => object.handBack(held, id)).catch(fault("idempotency_unreturned"));
  return {
    id,
    resumed: kind === "unknown",
    intent: left,
    lease_until,
    async start(intent) {
      // The claim again, so that an object of an older version understands it.
      const reply = await claimKey(ask, { ...claim, intent });
      if ("token" in reply && reply.token === token) return;
      // An object of an older version calls a repeated claim busy. Until the lease ends it is ours.
      if (reply.kind === "busy" && reply.claimant === undefined && deps.now() < lease_until) return;
      // The lease was over, and the claim took the key anew, for a worker that must not begin.
      if ("token" in reply) await handBack(reply.token);
      throw stillRunning(UNRESOLVED_RETRY_MS);
    },
    async settle(status, result) {
      try {
        const isStored = await ask(async (object) => object.settle(token, status, result, id));
        return isStored ? "stored" : "passed on";
      } catch (error) {
        fault("idempotency_unsettled")(error);
        return "unreachable";
      }
    },
    release: async () => ask(async (object) => object.release(token, id)).catch(fault("idempotency_unreleased")),
    handBack: async () => handBack(token),
  };
}

/** The error of a key that was used for another request. */
export function usedOtherwise(): AppError {
  return invalid([{ path: "idempotency-key", message: "was used before for another request" }]);
}

/** A 503 for a key whose result cannot be told at the moment. Nothing was done for this request. */
export function unresolved(detail: string, cause: unknown): AppError {
  return new AppError("provider_overloaded", detail, { retryable: true, retryAfterMs: UNRESOLVED_RETRY_MS, cause });
}

function stillRunning(retryAfterMs: number): AppError {
  const detail = "The first request with this idempotency key is still running.";
  return new AppError("conflict", detail, { retryable: true, retryAfterMs });
}

/** Cloudflare marks the errors of an overloaded object, which more calls would not help. */
function isOverloaded(error: unknown): boolean {
  return typeof error === "object" && error !== null && "overloaded" in error && error.overloaded === true;
}

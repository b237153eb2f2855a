import { AppError, invalid } from "../../domain/errors.ts";
import type { IdempotencyClaim, IdempotencyReply } from "../../domain/executions/idempotency.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";

/** The object of one idempotency key as it is called. A `replay` comes with the stored result. */
export interface IdempotencyObject {
  claim(wanted: IdempotencyClaim): Promise<IdempotencyReply>;
  settle(token: number, status: "done" | "failed", result: string): Promise<boolean>;
  release(token: number): Promise<void>;
}

/** Work that was granted to one caller. Settle it or release it. */
export interface IdempotencyGrant {
  /** The id of the work, whoever does it. */
  id: string;
  /** True where an earlier worker vanished, which may have done the work under this id. */
  resumed: boolean;
  settle(status: "done" | "failed", result: string): Promise<void>;
  /** Frees the key: nothing was done under it. */
  release(): Promise<void>;
}

/** What a caller with a key asks for. Two requests are the same if their canonical JSON is. */
export interface KeyedRequest {
  tenant_id: string;
  key: string;
  request: unknown;
  /** The id of the work, if this caller is the first. */
  id: string;
  /** After this time the worker counts as gone, in ms. */
  lease_ms: number;
}

/**
 * The idempotency keys of tenants (after draft-ietf-httpapi-idempotency-key-header). Throws
 * `validation_error` for a malformed key and for one that was used for another request, and
 * `conflict` with a time to wait while the first caller works.
 */
export interface IdempotencyKeys {
  /** Grants the work to this caller, or gives the result that exists already. */
  begin(keyed: KeyedRequest): Promise<IdempotencyGrant | { result: string }>;
}

/** Visible ASCII, at most 255 characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Idempotency keys, each in an object of its own. */
export function createIdempotencyKeys(objectOf: (tenantId: string, key: string) => IdempotencyObject): IdempotencyKeys {
  return {
    async begin({ tenant_id, key, request, id, lease_ms }) {
      if (!KEY.test(key)) {
        throw invalid([{ path: "idempotency-key", message: "must be 1 to 255 visible ASCII characters" }]);
      }
      const object = objectOf(tenant_id, key);
      const fingerprint = await sha256Hex(stableJson(request));
      const reply = await object.claim({ fingerprint, execution_id: id, lease_ms });
      if (reply.kind === "replay") return { result: reply.result };
      if (reply.kind === "busy") throw stillRunning(reply.retry_after_ms);
      if (reply.kind === "mismatch") throw usedOtherwise();
      const { token, execution_id } = reply;
      return {
        id: execution_id,
        resumed: reply.kind === "unknown",
        async settle(status, result) {
          await object.settle(token, status, result);
        },
        release: async () => object.release(token),
      };
    },
  };
}

/** The error of a key that was used for another request. */
export function usedOtherwise(): AppError {
  return invalid([{ path: "idempotency-key", message: "was used before for another request" }]);
}

function stillRunning(retryAfterMs: number): AppError {
  const detail = "The first request with this idempotency key is still running.";
  return new AppError("conflict", detail, { retryable: true, retryAfterMs });
}

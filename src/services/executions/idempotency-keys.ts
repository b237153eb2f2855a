import { AppError, invalid } from "../../domain/errors.ts";
import type { Claimed, IdempotencyClaim } from "../../domain/executions/idempotency.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";

/** What this needs of the object of one idempotency key. `replay` comes with the stored result. */
export interface IdempotencyObject {
  claim(wanted: IdempotencyClaim): Promise<Claimed>;
  settle(token: number, status: "done" | "failed", result: string): Promise<boolean>;
  release(token: number): Promise<void>;
}

/** Work that was granted to one caller. Settle it or release it. */
export interface Grant {
  /** The id under which the work is to be known, whoever does it. */
  id: string;
  /** An earlier worker vanished, and may have done it under this id. */
  resumed: boolean;
  settle(status: "done" | "failed", result: string): Promise<void>;
  /** Gives the key free: nothing was done under it. */
  release(): Promise<void>;
}

/** What a caller with a key asks for. Requests are the same where their canonical JSON is. */
export interface KeyedRequest {
  tenant_id: string;
  key: string;
  request: unknown;
  /** The id for the work, where this caller is the first. */
  id: string;
  /** After this long its worker is taken for gone, milliseconds. */
  lease_ms: number;
}

/**
 * Idempotency keys of tenants (after draft-ietf-httpapi-idempotency-key-header). Throws `validation_error` for a malformed key and one that was used for another request,
 * `conflict` with a time to wait while the first caller works.
 */
export interface IdempotencyKeys {
  /** The work to this caller, or the result that there is already. */
  begin(keyed: KeyedRequest): Promise<Grant | { result: string }>;
}

/** Visible ASCII, and a bound. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The service over the objects. */
export function createIdempotencyKeys(objectOf: (tenantId: string, key: string) => IdempotencyObject): IdempotencyKeys {
  return {
    async begin({ tenant_id, key, request, id, lease_ms }) {
      if (!KEY.test(key)) {
        throw invalid([{ path: "idempotency-key", message: "must be 1 to 255 visible ASCII characters" }]);
      }
      const object = objectOf(tenant_id, key);
      const fingerprint = await sha256Hex(stableJson(request));
      const verdict = await object.claim({ fingerprint, execution_id: id, lease_ms });
      if (verdict.kind === "replay") return { result: verdict.result };
      if (verdict.kind === "busy") {
        throw new AppError("conflict", "The first request with this idempotency key is still running.", {
          retryable: true,
          retryAfterMs: verdict.retry_after_ms,
        });
      }
      if (verdict.kind === "mismatch") throw usedOtherwise();
      const { token, execution_id } = verdict;
      return {
        id: execution_id,
        resumed: verdict.kind === "unknown",
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

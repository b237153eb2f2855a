import { AppError } from "../../domain/errors.ts";
import type { Fetch } from "../../providers/egress.ts";
import { HostRefused, type PublicFetchDeps } from "./public-fetch.ts";

/**
 * The `fetch` of calls to upstreams. It throws AppError `provider_error` for a name that is
 * refused, which says that nothing was sent: no budget is charged with what the call could cost.
 */
export function createUpstreamFetch(publicFetch: PublicFetchDeps["fetch"]): Fetch {
  return async (input, init) => {
    try {
      return await publicFetch(input instanceof Request ? input.url : String(input), init);
    } catch (cause) {
      if (!(cause instanceof HostRefused)) throw cause;
      const detail = `The upstream's address ${cause.message}. Nothing was sent.`;
      throw new AppError("provider_error", detail, { retryable: true, unbilled: true, cause });
    }
  };
}

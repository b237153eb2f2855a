import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completion.ts";
import { AppError } from "../domain/errors.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { Lane } from "../domain/lane.ts";
import type { Provider } from "../providers/provider.ts";
import type { ProviderKey } from "./manage-provider-keys.ts";
import type { Candidate } from "./route-model.ts";

/** A completion to be made by whichever candidate can. */
export type Ask = Omit<CompletionRequest, "provider" | "model">;

/** One completion that a tenant asks for, by whichever of its candidates can, in their order. `signal` is the execution's deadline. */
export interface CompletionCall {
  tenant_id: string;
  lane: Lane;
  candidates: Candidate[];
  ask: Ask;
  signal: AbortSignal;
  /** Told before each call, so that attempts are counted even where the last one throws. */
  onAttempt(candidate: Candidate): void;
  /** Told what the provider says of its limits with each response. Must not throw. */
  onFacts?: (facts: RateLimitFacts) => void;
}

/** What {@link createComplete} needs. Times in milliseconds. */
export interface CompleteDeps {
  providers: Record<ProviderName, Provider>;
  keysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]>;
  firstByteTimeoutMs: number;
}

/** The most calls that one execution makes before it gives up. */
export const MAX_ATTEMPTS = 5;

/** One completion out of several candidates. Both calls throw the last candidate's AppError when none could answer. */
export interface Complete {
  /** `accept` judges a whole answer; what it throws counts as that candidate's failure. */
  whole<T>(call: CompletionCall, accept: (completion: Completion, candidate: Candidate) => T): Promise<T>;
  /** Resolves once a first part has come: up to there another candidate may still take over, after it none does. */
  stream(call: CompletionCall): Promise<{ candidate: Candidate; parts: AsyncIterable<StreamPart> }>;
}

/** The service over the providers' ports. */
export function createComplete(deps: CompleteDeps): Complete {
  return {
    async whole(call, accept) {
      return firstThatCan(deps, call, async (candidate, apiKey) => {
        const request = { ...call.ask, provider: candidate.provider, model: candidate.model };
        return accept(
          await deps.providers[candidate.provider].complete(request, {
            apiKey,
            signal: call.signal,
            onFacts: call.onFacts,
          }),
          candidate,
        );
      });
    },
    async stream(call) {
      return firstThatCan(deps, call, async (candidate, apiKey) => {
        const parts = await openStream(deps, candidate, apiKey, call);
        return { candidate, parts: resume(await parts.next(), parts) };
      });
    },
  };
}

async function firstThatCan<T>(
  deps: CompleteDeps,
  call: CompletionCall,
  attempt: (candidate: Candidate, apiKey: string) => Promise<T>,
): Promise<T> {
  let failure: unknown = new AppError("internal_error", "There was no candidate to call.");
  let attempts = 0;
  for (const candidate of call.candidates) {
    for (const { secret } of await deps.keysFor(call.tenant_id, candidate.provider)) {
      if (++attempts > MAX_ATTEMPTS) throw failure;
      call.onAttempt(candidate);
      try {
        return await attempt(candidate, secret);
      } catch (error) {
        failure = error;
        if (call.signal.aborted || !(error instanceof AppError) || !error.retryable) throw failure;
      }
    }
  }
  throw failure;
}

/** Response headers must come within the first-byte timeout; after them only the execution's own deadline holds. */
async function openStream(
  deps: CompleteDeps,
  { provider, model }: Candidate,
  apiKey: string,
  { ask, signal, onFacts }: CompletionCall,
) {
  const silence = () =>
    new AppError("timeout", `${provider} did not begin to answer within ${deps.firstByteTimeoutMs} ms.`, {
      retryable: true,
    });
  const call = new AbortController();
  const abort = () => call.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const firstByte = startDeadline(deps.firstByteTimeoutMs, silence);
  firstByte.signal.addEventListener("abort", () => call.abort(firstByte.signal.reason), { once: true });
  try {
    const stream = await deps.providers[provider].stream(
      { ...ask, provider, model },
      { apiKey, signal: call.signal, onFacts },
    );
    return stream[Symbol.asyncIterator]();
  } finally {
    firstByte.clear();
  }
}

/** A stream of which the first part was already taken. Leaving it early tells the provider's stream, too. */
async function* resume(first: IteratorResult<StreamPart>, rest: AsyncIterator<StreamPart>): AsyncGenerator<StreamPart> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

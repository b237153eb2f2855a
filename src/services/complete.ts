import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completion.ts";
import { AppError } from "../domain/errors.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { Provider } from "../providers/provider.ts";
import type { Candidate } from "./route-model.ts";

/** A completion to be made by whichever candidate can. */
export type Ask = Omit<CompletionRequest, "provider" | "model">;

/** What {@link createComplete} needs. Times in milliseconds. */
export interface CompleteDeps {
  providers: Record<ProviderName, Provider>;
  firstByteTimeoutMs: number;
}

/** Told before each call, so that attempts are counted even where the last one throws. */
export type OnAttempt = (candidate: Candidate) => void;

/** One completion out of several candidates. Both calls throw the last candidate's AppError when none could answer. */
export interface Complete {
  /** `accept` judges a whole answer; what it throws counts as that candidate's failure. */
  whole<T>(
    candidates: Candidate[],
    ask: Ask,
    signal: AbortSignal,
    onAttempt: OnAttempt,
    accept: (completion: Completion, candidate: Candidate) => T,
  ): Promise<T>;
  /** Resolves once a first part has come: up to there another candidate may still take over, after it none does. */
  stream(
    candidates: Candidate[],
    ask: Ask,
    signal: AbortSignal,
    onAttempt: OnAttempt,
  ): Promise<{ candidate: Candidate; parts: AsyncIterable<StreamPart> }>;
}

/** The service over the providers' ports. */
export function createComplete(deps: CompleteDeps): Complete {
  return {
    async whole(candidates, ask, signal, onAttempt, accept) {
      return firstThatCan(candidates, signal, onAttempt, async (candidate) => {
        const request = { ...ask, provider: candidate.provider, model: candidate.model };
        const call = { apiKey: candidate.apiKey, signal };
        return accept(await deps.providers[candidate.provider].complete(request, call), candidate);
      });
    },
    async stream(candidates, ask, signal, onAttempt) {
      return firstThatCan(candidates, signal, onAttempt, async (candidate) => {
        const parts = await openStream(deps, candidate, ask, signal);
        return { candidate, parts: resume(await parts.next(), parts) };
      });
    },
  };
}

async function firstThatCan<T>(
  candidates: Candidate[],
  signal: AbortSignal,
  onAttempt: OnAttempt,
  attempt: (candidate: Candidate) => Promise<T>,
): Promise<T> {
  let failure: unknown = new AppError("internal_error", "There was no candidate to call.");
  for (const candidate of candidates) {
    onAttempt(candidate);
    try {
      return await attempt(candidate);
    } catch (error) {
      failure = error;
      if (signal.aborted || !(error instanceof AppError) || !error.retryable) break;
    }
  }
  throw failure;
}

/** Response headers must come within the first-byte timeout; after them only the execution's own deadline holds. */
async function openStream(deps: CompleteDeps, candidate: Candidate, ask: Ask, signal: AbortSignal) {
  const { provider, model, apiKey } = candidate;
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
    const stream = await deps.providers[provider].stream({ ...ask, provider, model }, { apiKey, signal: call.signal });
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

import { AppError } from "../../domain/errors.ts";
import { customIdOf, MAX_SUBMITS, nonceOf, pollDelay, submitDelay } from "../../domain/batches/provider-batch.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { EncodedLine } from "../../providers/batch-provider.ts";
import type { ProviderCall } from "../../providers/provider.ts";
import type { HeldItem, HeldOutcome } from "../../storage/batches/provider-batches.ts";
import {
  inputOf,
  asAppError,
  type Claimed,
  promptOf,
  type ProviderBatchDeps,
  stillMine,
} from "./provider-batch-work.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/** What became of a submission. `give up`: the items have to go another way, for this reason. */
export type Submitted = "running" | "later" | "nothing to do" | { give_up: AppError };

/**
 * Submits what was set out to be submitted, once: before it is tried again, the earlier try is looked for. Throws ClaimLost, and what
 * storage throws.
 */
export type SubmitProviderBatch = (claimed: Claimed) => Promise<Submitted>;

/** Items read at once. */
const PAGE = 100;
/** An upload that takes longer is given up, and begun again. */
const LONGEST_SUBMIT_MS = 600_000;

/** Which items went out, and what happened to the others. */
interface Sent {
  size: number;
  last: number;
  failed: HeldOutcome[];
  /** What broke the lines off, whatever the provider made of what it got. */
  broken?: unknown;
}

/** The service. */
export function createSubmitProviderBatch(deps: ProviderBatchDeps): SubmitProviderBatch {
  /** The items as the provider takes them, page by page, while they are sent. One that cannot be sent is noted; at the size limit it ends. */
  async function* linesOf(claimed: Claimed, prompt: ResolvedPrompt, sent: Sent): AsyncGenerator<EncodedLine> {
    for (;;) {
      const items = await deps.store.held(claimed.row, sent.last, PAGE);
      for (const item of items) {
        const line = encode(claimed, prompt, item);
        if (line instanceof AppError) sent.failed.push(failedItem(item, line));
        else if (sent.size > 0 && sent.size + line.json.length > deps.maxSize) return;
        else {
          sent.size += line.json.length;
          yield line;
        }
        sent.last = item.position;
      }
      if (items.length < PAGE) break;
      await stillMine(deps, claimed);
    }
    // The last bytes go out only where nobody has taken over in the meantime.
    await stillMine(deps, claimed, true);
  }

  function encode({ row, batch }: Claimed, prompt: ResolvedPrompt, item: HeldItem): EncodedLine | AppError {
    const { provider, model } = row;
    try {
      const request = { ...inputOf(prompt, batch, item), provider, model };
      return deps.providers[provider].encode({ custom_id: customIdOf(row.id, item.position), request });
    } catch (error) {
      return asAppError(error);
    }
  }

  async function earlier({ row }: Claimed, call: ProviderCall) {
    if (row.submits <= 1) return "none";
    const others = await deps.store.submittedSince(row.created_at);
    const intent = { nonce: nonceOf(row.id), since: row.created_at, at_most: row.items, others };
    return deps.providers[row.provider].find(intent, call);
  }

  async function started(claimed: Claimed, id: string): Promise<Submitted> {
    const now = deps.now();
    await deps.store.change(claimed.row, {
      state: "running",
      provider_batch_id: id,
      submitted_at: now,
      next_poll_at: now + pollDelay(0),
    });
    return "running";
  }

  /** Ends what could not be sent, and leaves what did not fit to the next provider batch. */
  async function setApart({ row, batch }: Claimed, { failed, last }: Sent) {
    const now = deps.now();
    const ended =
      (await deps.store.finish(row, failed, [], now)) ||
      (await deps.store.release(row, { after: last, unstarted: true }, now));
    if (ended) await deps.onEnded(batch.tenant_id, batch.id);
  }

  async function send(claimed: Claimed, call: ProviderCall): Promise<Submitted> {
    const found = await earlier(claimed, call);
    if (typeof found === "object") return started(claimed, found.id);
    const { row, batch } = claimed;
    if (found === "unsure") {
      await deps.store.change(row, { next_poll_at: deps.now() + pollDelay(deps.now() - row.created_at) });
      return "later";
    }
    if (batch.cancelled) return "nothing to do";
    if (row.submits > MAX_SUBMITS) return { give_up: new AppError("provider_error", "The provider takes no batch.") };
    const sent: Sent = { size: 0, last: -1, failed: [] };
    const lines = linesOf(claimed, await promptOf(deps, batch), sent);
    const first = await lines.next();
    if (first.done === true) {
      await setApart(claimed, sent);
      return "nothing to do";
    }
    const id = await deps.providers[row.provider]
      .submit(nonceOf(row.id), resumed(first.value, lines, sent), call)
      .catch((error: unknown) => {
        // A body that ends early reaches the provider as a malformed one, and its refusal says nothing.
        throw sent.broken ?? error;
      });
    // First of all the id is written down: until then only a search could find the batch again.
    const state = await started(claimed, id);
    await setApart(claimed, sent);
    return state;
  }

  return async function submitProviderBatch(claimed) {
    const { provider } = claimed.row;
    const overdue = () => new AppError("timeout", `${provider} did not take the batch in time.`, { retryable: true });
    const deadline = startDeadline(LONGEST_SUBMIT_MS, overdue);
    try {
      return await send(claimed, { apiKey: claimed.apiKey, signal: deadline.signal });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!error.retryable) return { give_up: error };
      deps.onError(claimed.row.id, error);
      const wait = submitDelay(claimed.row.submits, error.retryAfterMs);
      await deps.store.change(claimed.row, { next_poll_at: deps.now() + wait });
      return "later";
    } finally {
      deadline.clear();
    }
  };
}

async function* resumed(
  first: EncodedLine,
  rest: AsyncGenerator<EncodedLine>,
  sent: Sent,
): AsyncGenerator<EncodedLine> {
  yield first;
  try {
    yield* rest;
  } catch (error) {
    sent.broken = error;
    throw error;
  }
}

function failedItem({ position }: HeldItem, { code, detail }: AppError): HeldOutcome {
  return { position, state: "failed", cost_nanousd: 0, error: { code, detail } };
}

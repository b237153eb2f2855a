import type { Reply } from "./caller.ts";
import type { Judge } from "./judge.ts";
import type { PaidCall } from "./world-provider.ts";

/** How long before a request a call may have been made that the request's failure comes from. */
const SHARED_MS = 60_000;
/** Failures that depend on the lane, the patience and the moment of who called. */
const OWN = new Set(["rate_limit_error", "provider_overloaded"]);

/**
 * Checks a reply as it comes: its model is one that the caller allowed, and a failure that it took
 * over from a leader is one that it would have met itself. A follower that has begun to stream can
 * only break off.
 */
export function checkFollower(judge: Judge, reply: Reply, calls: readonly PaidCall[], admissions: number): void {
  const { execution, error, request, wish, began } = reply;
  const allowed = wish.request.options.models ?? [];
  if (!execution || reply.replayed) return;
  if (!error && execution.model !== null && !allowed.includes(execution.model)) {
    const from = execution.cached ?? "a call";
    judge.accuse("followers", `${request} allows ${allowed.join()} and got ${execution.model} from ${from}`);
  }
  if (!error || admissions > 0 || wish.request.options.cache !== true) return;
  if (OWN.has(error.code)) {
    judge.accuse("followers", `${request} took over ${error.code} and asked for no permit itself`);
  } else if (error.code === "provider_error" && !execution.output) {
    const question = String(wish.request.variables["question"]);
    const tried = new Set(
      calls.filter((call) => call.question === question && call.began >= began - SHARED_MS).map(({ model }) => model),
    );
    const untried = allowed.filter((model) => !tried.has(model));
    if (untried.length > 0) {
      judge.accuse("followers", `${request} took over provider_error though ${untried.join()} was not tried`);
    }
  }
}

import type { LeaseClient } from "../../domain/gate/client/lease-client.ts";
import type { Clock } from "../../lib/clock.ts";

/** What talking to an authority needs of the runtime. `defer` keeps work going behind the reply. */
export interface AuthorityDeps extends Clock {
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
  onFault(event: string, error: unknown): void;
}

/** A question to an authority, and the client that gets the answer or the loss. */
export interface AuthorityQuestion<Question, Answer, Result> {
  question: Question;
  client: LeaseClient<Question, Answer, Result>;
  send(question: Question): Promise<Answer>;
  /** The event to report where the authority does not answer. */
  fault: string;
  /** How long the question stays open after a failure, in ms, so that no other follows at once. */
  pauseMs?: number;
}

/**
 * Asks one question. Returns what the answer means for waiting callers, or null where the question
 * was lost. Never throws: a lost question is reported, and its client asks again.
 */
export async function askAuthority<Question, Answer, Result>(
  deps: AuthorityDeps,
  asked: AuthorityQuestion<Question, Answer, Result>,
): Promise<Result | null> {
  const { question, client, fault, pauseMs = 0 } = asked;
  try {
    const answer = await asked.send(question);
    return client.receive(question, answer, deps.now());
  } catch (error) {
    deps.onFault(fault, error);
    if (pauseMs > 0) await deps.sleep(pauseMs);
    client.lose(question, deps.now());
    return null;
  }
}

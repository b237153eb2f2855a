import { createDemand } from "./client/demand.ts";
import type { Allowance } from "./rate-limit-headers.ts";

/** How many requests a tenant may make: so many a second for as long as it likes, and so many at once after a rest. */
export interface ThrottleLimits {
  rate_per_s: number;
  burst: number;
}

/** What an isolate tells the authority and asks of it, in requests: `spent` on credit, `unspent` of blocks that ended; how many are `waiting`, and how many more may come soon. */
export interface ThrottleQuestion {
  spent: number;
  unspent: number;
  waiting: number;
  ahead: number;
}

/** `granted` are the isolate's from now on, `remaining` is left for all. Where not all who wait got something, there is nothing more for `wait_ms`; else that is 0. */
export interface ThrottleAnswer {
  granted: number;
  remaining: number;
  wait_ms: number;
}

/** Nobody is told to ask again sooner than after so many ms, so that an isolate over the limit asks twenty times a second and not for each request. */
const LEAST_WAIT_MS = 50;

/**
 * The authority's answer: a token bucket as the one moment, in epoch ms, at which it is full again (GCRA), which is also all there is to store.
 * Who waits is served first; for those who may come there is at most half of the rest, so that one isolate does not hoard what others need. What was spent on credit may bring the bucket below nothing, and is paid off first.
 */
export function answerThrottle(
  fullAt: number,
  { rate_per_s, burst }: ThrottleLimits,
  { spent, unspent, waiting, ahead }: ThrottleQuestion,
  now: number,
): { fullAt: number; answer: ThrottleAnswer } {
  const msOf = (requests: number) => (requests * 1000) / rate_per_s;
  const settled = Math.max(now, Math.max(now, fullAt) + msOf(spent - unspent));
  const left = burst - (settled - now) / msOf(1);
  // A moment in ms is a coarse measure of what is left: without the allowance, rounding would keep the last request back.
  const whole = Math.floor(left + 1e-6);
  const served = Math.max(0, Math.min(whole, waiting));
  const granted = served + Math.max(0, Math.min(ahead, Math.floor((whole - served) / 2)));
  const short = whole < Math.max(1, waiting);
  const wait_ms = short ? Math.max(LEAST_WAIT_MS, Math.ceil(msOf(1 - (left - served)))) : 0;
  return { fullAt: settled + msOf(granted), answer: { granted, remaining: whole - granted, wait_ms } };
}

/** What became of an attempt to spend: it passed, the authority has to be asked first, or there is nothing for so long. */
export type ThrottleTake = "passed" | "ask" | { wait_ms: number };

/** Requests of the authority's that are an isolate's to spend until `expires_at`. */
interface Block {
  left: number;
  expires_at: number;
}

/** An isolate spends so many requests before it has told of them, at the most; where the burst is small, a tenth of it. */
const MOST_CREDIT = 20;
/** A block is spent within so many ms of when it was asked for; what is left then goes back with the next question. */
const BLOCK_LIFE_MS = 2_000;
/** A question that has no answer after so many ms is lost. */
export const ANSWER_WITHIN_MS = 1_000;
/** While the authority does not answer it is asked so often, in ms. */
const ASK_AGAIN_MS = 1_000;

/**
 * An isolate's side of one tenant's throttle. It spends blocks of requests that the authority granted, and before any are there a small credit.
 *
 * All that isolates let through is at most burst + rate × time + the credit of each: blocks come out of the bucket, and an isolate that heard that it runs low
 * has no credit. So only isolates that had not heard yet can go beyond. A question that was lost counts as told for what it gave back, and as untold for what it confessed.
 */
export interface ThrottleHolder {
  /** Notes a request that comes, so that blocks follow the demand. */
  arrive(now: number): void;
  /** Spends one request. */
  take(now: number): ThrottleTake;
  /** Whether to ask behind the reply: credit is half used, or what is held will not last. */
  isDue(now: number): boolean;
  isAsking(): boolean;
  /** Whether the question that is under way is lost; {@link lose} it then. */
  isOverdue(now: number): boolean;
  /** The question to ask, with so many requests waiting for its answer. One at a time. */
  ask(waiting: number, now: number): ThrottleQuestion;
  /** Takes an answer in. One to a question that was given up is left alone, and what it granted counts as spent. */
  receive(question: ThrottleQuestion, answer: ThrottleAnswer, now: number): void;
  /** The authority did not answer: until it does again, all requests pass, uncounted. */
  lose(question: ThrottleQuestion | null, now: number): void;
  /** What the tenant has left, as far as this isolate knows. */
  allowance(now: number): Allowance;
}

/** A holder that nobody has told anything. */
export function createThrottleHolder(limits: ThrottleLimits): ThrottleHolder {
  const { rate_per_s, burst } = limits;
  const credit = Math.min(MOST_CREDIT, Math.floor(burst / 10));
  const demand = createDemand();
  let blocks: Block[] = [];
  let asking: { question: ThrottleQuestion; at: number } | null = null;
  let untold = 0;
  let unspent = 0;
  /** Whether credit may be spent: only while, when last heard, at least half of the burst was left. */
  let trusted = true;
  let refusedUntil = 0;
  /** Set while the authority does not answer: when to ask it next. */
  let askAgainAt: number | null = null;
  let known = { remaining: burst, at: 0 };

  const owed = () => untold + (asking?.question.spent ?? 0);
  const held = () => blocks.reduce((sum, { left }) => sum + left, 0);
  /** How much to hold for the next second; nothing where the credit will do. */
  const ahead = (now: number) => {
    const { soon } = demand.expect(now);
    return soon < Math.max(credit, 4) ? 0 : soon;
  };

  function drop(now: number): void {
    for (const { left, expires_at } of blocks) if (expires_at <= now) unspent += left;
    blocks = blocks.filter(({ left, expires_at }) => left > 0 && expires_at > now);
  }

  return {
    arrive: (now) => demand.ask(now),
    take(now) {
      drop(now);
      const [block] = blocks;
      if (block) block.left -= 1;
      else if (askAgainAt === null) {
        if (refusedUntil > now) return { wait_ms: refusedUntil - now };
        if (!trusted || owed() >= credit) return "ask";
        untold += 1;
      }
      return "passed";
    },
    isDue(now) {
      if (asking) return false;
      if (askAgainAt !== null) return askAgainAt <= now;
      if (refusedUntil > now) return false;
      return (untold > 0 && untold >= credit / 2) || held() < ahead(now) / 4;
    },
    isAsking: () => asking !== null,
    isOverdue: (now) => asking !== null && now - asking.at >= ANSWER_WITHIN_MS,
    ask(waiting, now) {
      drop(now);
      const question = { spent: untold, unspent, waiting, ahead: ahead(now) };
      asking = { question, at: now };
      [untold, unspent] = [0, 0];
      return question;
    },
    receive(question, { granted, remaining, wait_ms }, now) {
      if (asking?.question !== question) return;
      if (granted > 0) blocks.push({ left: granted, expires_at: asking.at + BLOCK_LIFE_MS });
      asking = null;
      askAgainAt = null;
      trusted = remaining >= burst / 2;
      refusedUntil = now + wait_ms;
      known = { remaining, at: now };
    },
    lose(question, now) {
      if (!asking || (question !== null && asking.question !== question)) return;
      untold += asking.question.spent;
      asking = null;
      askAgainAt = now + ASK_AGAIN_MS;
    },
    allowance(now) {
      const refilled = Math.min(burst, known.remaining + ((now - known.at) * rate_per_s) / 1000);
      const left = refusedUntil > now ? 0 : Math.min(burst, refilled + held() - owed());
      const remaining = Math.max(0, Math.floor(left));
      const reset_ms = ((burst - remaining) * 1000) / rate_per_s;
      return { limit: burst, remaining, reset_ms, window_ms: (burst * 1000) / rate_per_s };
    },
  };
}

import type { ProviderName } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import type { GateView } from "../../domain/gate/authority/gate-view.ts";
import { createDesk, type Desk as GateDesk } from "../../domain/gate/client/gate-client.ts";
import type { Permit } from "../../domain/gate/client/lease-holder.ts";
import type { Answer, Caller, LineWish } from "../../domain/gate/client/admission-queue.ts";
import type {
  AcquireReply,
  AcquireRequest,
  KeyLimits,
  Outcome,
  Purpose,
  Renewed,
  Settlement,
} from "../../domain/gate/protocol/messages.ts";
import type { Clock } from "../../lib/clock.ts";
import { limitsOf, type ProviderKey } from "../tenants/provider-keys.ts";

/** The gate's object as it is called. */
export interface GateObject {
  acquire(request: AcquireRequest): Promise<AcquireReply>;
  settle(settlement: Settlement): Promise<Renewed[]>;
  view(keys: KeyLimits[]): Promise<GateView>;
}

/** Who wants to call. `patience_ms` is how long it would wait at most; 0 takes what there is or nothing. */
export interface AdmitCall extends Pick<Caller, "model" | "lane" | "tokens" | "hold_ms" | "avoid"> {
  tenant_id: string;
  provider: ProviderName;
  purpose: Purpose;
  keys: ProviderKey[];
  patience_ms: number;
  signal: AbortSignal;
}

/** The right to make one call. End it exactly once, with `end` where the call was sent and `cancel` where it was not. */
export interface Admission {
  key: ProviderKey;
  /** `outcome` is how it went as far as the key's health goes; null says nothing of it. */
  end(spentTokens: number, outcome: EndOutcome | null): void;
  cancel(): void;
}

/** An outcome of one call; key and model are the admission's. */
export type EndOutcome =
  | { kind: "passed"; latency_ms: number; ttft_ms: number }
  | { kind: "failed" }
  | { kind: "overloaded"; retry_after_ms: number | undefined }
  | { kind: "limited"; retry_after_ms: number | undefined; rpm?: number; tpm?: number }
  | { kind: "refused"; status: "credentials" | "quota" };

/**
 * Admits calls to a tenant's provider: out of a lease that this isolate holds, or after asking the gate. Throws AppError `rate_limit_error` where the limits
 * leave no room in time and `provider_overloaded` where no key is fit, both with an honest Retry-After.
 */
export type Admit = (call: AdmitCall) => Promise<Admission>;

/** What {@link createAdmit} needs. `defer` keeps work going behind the reply. */
export interface AdmitDeps extends Clock {
  gateOf(tenantId: string, provider: ProviderName): GateObject;
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
  /** An id that no other isolate makes. */
  newId(): string;
  onFault(event: string, error: unknown): void;
}

/** A caller as the line has it, and how its wait ends. */
interface Waiting extends Caller {
  settle(answer: Answer<Waiting>): void;
}

/** What an isolate holds of one gate for one purpose. */
interface Desk extends GateDesk<Waiting> {
  keys: ProviderKey[];
  flush_at: number | null;
  fails: Map<string, number>;
  /** Requests a minute that a key was told of when it was last refused. */
  told_rpm: number | null;
}

/** Desks that an isolate keeps; those that were not used longest and hold nothing go first. */
const MAX_DESKS = 1_000;
/** A waiting caller looks after its question so often: who asked for it may have gone. Milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** The gate is asked again after so many ms where it did not answer. */
const ASK_AGAIN_MS = 100;
/** Nobody is told to come back sooner than after so many ms. */
const LEAST_RETRY_MS = 1_000;
/** A timer that is so late will not come. Milliseconds. */
const LATE_MS = 150;
/** Failures in a row after which this isolate uses no more of what it holds of a key for a model. */
const LOCAL_FAILS = 3;

/** The service. */
export function createAdmit(deps: AdmitDeps): Admit {
  const desks = new Map<string, Desk>();

  function deskOf({ tenant_id, provider, purpose, keys }: AdmitCall): Desk {
    const name = `${tenant_id}/${provider}/${purpose}`;
    const desk = desks.get(name) ?? newDesk(deps.newId(), purpose);
    desks.delete(name);
    desks.set(name, Object.assign(desk, { keys }));
    for (const [other, { holder, line }] of desks) {
      if (desks.size <= MAX_DESKS) break;
      if (holder.dueAt() === null && line.waiting() === 0) desks.delete(other);
    }
    return desk;
  }

  return async function admit(call) {
    const desk = deskOf(call);
    const { model, lane, tokens, hold_ms, avoid, patience_ms } = call;
    const since = deps.now();
    const { promise, resolve } = Promise.withResolvers<Answer<Waiting>>();
    const times = { since, deadline: since + patience_ms, hold_ms };
    const caller: Waiting = { model, lane, tokens, avoid, ...times, patient: patience_ms > 0, settle: resolve };
    const permit = desk.line.arrive(caller, since);
    pump(desk, call);
    if (permit) return admissionOf(desk, call, permit);
    return admissionOf(desk, call, await outcomeOf(desk, call, caller, promise));
  };

  /** Waits for the caller's turn until its patience ends. It keeps a timer of its own, for what it waits for is another request's doing. */
  async function outcomeOf(
    desk: Desk,
    call: AdmitCall,
    caller: Waiting,
    answered: Promise<Answer<Waiting>>,
  ): Promise<Permit> {
    const { signal, promise: aborted, stop } = abortOf(call.signal);
    try {
      for (;;) {
        const left = caller.patient ? caller.deadline - deps.now() : LOOK_EVERY_MS;
        if (left <= 0 || signal.aborted) break;
        const answer = await Promise.race([answered, aborted, deps.sleep(Math.min(left, LOOK_EVERY_MS))]);
        if (answer) return permitOf(desk, answer, call);
        pump(desk, call);
      }
      if (desk.line.leave(caller)) throw noRoom(desk, call, desk.line.outlook(caller));
      return permitOf(desk, await answered, call);
    } finally {
      stop();
    }
  }

  function admissionOf(desk: Desk, call: AdmitCall, permit: Permit): Admission {
    const key = call.keys.find(({ name }) => name === permit.key);
    if (!key || call.signal.aborted) {
      desk.holder.cancel(permit, deps.now());
      afterwards(desk, call);
      throw noRoom(desk, call, 0);
    }
    const sentAt = deps.now();
    return {
      key,
      end(spent, outcome) {
        const now = deps.now();
        if (outcome) note(desk, permit, outcome, now);
        desk.holder.end(permit, sentAt, spent, now);
        afterwards(desk, call);
      },
      cancel() {
        desk.holder.cancel(permit, deps.now());
        afterwards(desk, call);
      },
    };
  }

  /** What was given back may serve who waits here; the rest is told to the gate in time. */
  function afterwards(desk: Desk, call: AdmitCall): void {
    for (const answer of desk.line.serve(deps.now())) answer.caller.settle(answer);
    pump(desk, call);
    planFlush(desk, call);
  }

  function pump(desk: Desk, call: AdmitCall): void {
    for (const wish of desk.line.questions(deps.now())) deps.defer(ask(desk, call, wish));
  }

  async function ask(desk: Desk, call: AdmitCall, wish: LineWish): Promise<void> {
    const askedAt = deps.now();
    const question = desk.question(wish, limitsOf(desk.keys), askedAt);
    try {
      const reply = await deps.gateOf(call.tenant_id, call.provider).acquire(question);
      const answers = desk.answered(question, wish, reply, askedAt, deps.now());
      for (const answer of answers) answer.caller.settle(answer);
    } catch (error) {
      deps.onFault("gate_unanswered", error);
      await deps.sleep(ASK_AGAIN_MS);
      desk.line.failed(wish);
    }
    pump(desk, call);
    planFlush(desk, call);
  }

  /** Talks to the gate by the time it matters, unless a question takes the news along before. */
  function planFlush(desk: Desk, call: AdmitCall): void {
    const now = deps.now();
    const due = desk.dueAt(now);
    // A plan whose time is over died with the request that made it.
    const planned = desk.flush_at !== null && desk.flush_at <= (due ?? Infinity) && desk.flush_at > now - LATE_MS;
    if (due === null || planned) return;
    desk.flush_at = due;
    deps.defer(flush(desk, call, due));
  }

  async function flush(desk: Desk, call: AdmitCall, due: number): Promise<void> {
    await deps.sleep(Math.max(0, due - deps.now()));
    if (desk.flush_at !== due) return;
    desk.flush_at = null;
    const askedAt = deps.now();
    const settlement = desk.settlement(limitsOf(desk.keys), askedAt);
    if (settlement) {
      const renewed = await settle(call, settlement);
      desk.settled(settlement, renewed, askedAt, deps.now());
      for (const answer of desk.line.serve(deps.now())) answer.caller.settle(answer);
    }
    planFlush(desk, call);
  }

  async function settle(call: AdmitCall, settlement: Settlement): Promise<Renewed[] | null> {
    try {
      return await deps.gateOf(call.tenant_id, call.provider).settle(settlement);
    } catch (error) {
      deps.onFault("gate_untold", error);
      return null;
    }
  }
}

function newDesk(id: string, purpose: Purpose): Desk {
  return { ...createDesk<Waiting>(id, purpose), keys: [], flush_at: null, fails: new Map(), told_rpm: null };
}

/** Notes how a call went, for the gate; what makes a key unfit for now stops this isolate's use of it at once. */
function note(desk: Desk, { key, model }: Permit, outcome: EndOutcome, now: number): void {
  const { tally, fails, holder } = desk;
  if (outcome.kind === "limited") desk.told_rpm = outcome.rpm ?? null;
  const pair = `${key}/${model}`;
  if (outcome.kind === "passed") {
    fails.delete(pair);
    tally.passed(key, model, outcome.latency_ms, outcome.ttft_ms);
    return;
  }
  tally.add({ ...outcome, key, model } satisfies Outcome);
  if (outcome.kind !== "failed") {
    // Others may need what is idle here, now that the key bears less.
    holder.drop(key, now);
    return;
  }
  const inRow = (fails.get(pair) ?? 0) + 1;
  fails.set(pair, inRow);
  if (inRow >= LOCAL_FAILS) holder.drop(key, now, model);
}

function permitOf(desk: Desk, answer: Answer<Waiting>, call: AdmitCall): Permit {
  if ("permit" in answer) return answer.permit;
  if (answer.refusal.reason === "limited") throw noRoom(desk, call, answer.wait_ms);
  throw new AppError("provider_overloaded", `No key for ${call.provider} is fit to be called now.`, {
    retryable: true,
    retryAfterMs: Math.max(answer.wait_ms, LEAST_RETRY_MS),
  });
}

function noRoom({ told_rpm }: Desk, { provider, keys }: AdmitCall, waitMs: number): AppError {
  const retryAfterMs = Math.max(waitMs, LEAST_RETRY_MS);
  const stated = keys.reduce<number | null>((sum, { rpm }) => (sum === null || rpm === null ? null : sum + rpm), 0);
  const limit = stated ?? told_rpm;
  const limits = limit === null ? {} : { requests: { limit, remaining: 0, reset_ms: retryAfterMs } };
  const detail = `The limits of the keys for ${provider} left no room in time.`;
  return new AppError("rate_limit_error", detail, { retryable: true, retryAfterMs, limits });
}

/** A signal as something to wait for; `stop` it, or it is listened to for good. */
function abortOf(signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) resolve();
  return { signal, promise, stop: () => signal.removeEventListener("abort", onAbort) };
}

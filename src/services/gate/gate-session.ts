import { AppError } from "../../domain/errors.ts";
import type { AdmissionResult } from "../../domain/gate/client/admission-queue.ts";
import type { GateCaller } from "../../domain/gate/client/caller-group.ts";
import type { FreeCallSettings } from "../../domain/gate/client/free-calls.ts";
import { GateClient, type GateQuestion } from "../../domain/gate/client/gate-client.ts";
import type { Permit } from "../../domain/gate/client/permit.ts";
import type { GateObject, Purpose, Renewed, Settlement } from "../../domain/gate/protocol/messages.ts";
import { abortOf } from "../../lib/abort.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { limitsOf, type ProviderKey } from "../tenants/provider-keys.ts";
import type { Admission, AdmitCall, EndOutcome } from "./admission.ts";
import { askAuthority, type AuthorityDeps } from "./ask-authority.ts";
import { DueWork } from "./due-work.ts";
import { NewestKeys } from "./newest-keys.ts";

/** What a {@link GateSession} needs. */
export interface GateSessionDeps extends AuthorityDeps {
  /**
   * The gate's object. A stub belongs to the request that asks for it, so each question asks anew.
   */
  gate(): GateObject;
  /** The keys as the database has them now. */
  newestKeys(): Promise<ProviderKey[]>;
  /** Without it every call needs a lease. */
  freeCalls?: FreeCallSettings;
}

/** A caller in the queue, and how its wait ends. */
interface WaitingCaller extends GateCaller {
  resolve(result: AdmissionResult<WaitingCaller>): void;
}

/**
 * How often a waiting caller looks after its question, in ms: the request that asked it may be
 * gone.
 */
const LOOK_EVERY_MS = 2_000;
/** How long the gate is not asked again after it did not answer, in ms. */
const PAUSE_MS = 100;
/** The shortest Retry-After, in ms. */
const MIN_RETRY_MS = 1_000;
/** Pairs of a key and a model whose failures in a row are counted. */
const MAX_FAILS = 200;
/** Failures in a row after which this isolate drops its leases of a key for a model. */
const LOCAL_FAILS = 3;

/**
 * An isolate's dealings with one gate for one purpose: admits calls, asks for leases, settles them.
 */
export class GateSession {
  readonly #deps: GateSessionDeps;
  readonly #client: GateClient<WaitingCaller>;
  readonly #keys = new NewestKeys();
  /** Failures in a row by key and model. */
  readonly #fails = new LruMap<string, number>({ maxEntries: MAX_FAILS });
  /** What the gate must hear of in time, unless a question takes the news along before. */
  readonly #news: DueWork;
  /** Requests a minute that the provider named when it last limited a key. */
  #reportedRpm: number | null = null;

  /** `id` is unlike that of any other session, in this isolate or another. */
  constructor(deps: GateSessionDeps, id: string, purpose: Purpose) {
    this.#deps = deps;
    this.#client = new GateClient(id, purpose, () => limitsOf(this.#keys.all), deps.freeCalls);
    this.#news = new DueWork(deps, { dueAt: (now) => this.#client.dueAt(now), run: async () => this.#tell() });
  }

  /** Whether the session may be forgotten: it holds nothing and no caller waits. */
  isIdle(): boolean {
    return this.#client.isIdle();
  }

  /** Admits a call out of a held lease, or waits for one until the call's patience ends. */
  async admit(call: AdmitCall): Promise<Admission> {
    const since = this.#deps.now();
    this.#learnKeys(call.keys, since);
    for (;;) {
      const keys = this.#keys.all;
      const permit = await this.#takePermit(call, since);
      const key = permit && this.#keys.find(permit.key);
      if (permit && key && !call.signal.aborted) return this.#admissionOf(permit, key);
      if (permit) this.#cancel(permit);
      if (call.signal.aborted) throw this.#noRoom(call, 0);
      // The keys changed behind the caller's back: it asks again, with those that there are now.
      if (!permit && this.#keys.all === keys) await this.#renewKeys(call);
    }
  }

  /** A permit for a call that has waited since then; null where the gate knows none of our keys. */
  async #takePermit(call: AdmitCall, since: number): Promise<Permit | null> {
    const { model, lane, tokens, hold_ms, avoid, patience_ms } = call;
    const now = this.#deps.now();
    this.#endVanished(now);
    const { promise, resolve } = Promise.withResolvers<AdmissionResult<WaitingCaller>>();
    const times = { since, deadline: since + patience_ms, hold_ms };
    const caller: WaitingCaller = { model, lane, tokens, avoid, ...times, patient: patience_ms > 0, resolve };
    const permit = this.#client.queue.arrive(caller, now);
    this.#askForLeases();
    if (this.#client.free?.takeLook(now)) this.#deps.defer(this.#lookAtGate());
    return permit ?? this.#permitFor(call, caller, promise);
  }

  #learnKeys(keys: readonly ProviderKey[], now: number): void {
    if (this.#keys.take(keys)) this.#client.holder.dropRemoved(now);
  }

  /** Asks the database for newer keys. Throws the refusal where there are none. */
  async #renewKeys(call: AdmitCall): Promise<void> {
    const known = this.#keys.all;
    try {
      this.#learnKeys(await this.#deps.newestKeys(), this.#deps.now());
    } catch (error) {
      this.#deps.onFault("keys_not_renewed", error);
    }
    if (this.#keys.all === known) throw noFitKey(call, 0);
  }

  /**
   * Waits for the caller's turn. It keeps a timer of its own, because what it waits for is the work
   * of another request, which the runtime may end.
   */
  async #permitFor(
    call: AdmitCall,
    caller: WaitingCaller,
    result: Promise<AdmissionResult<WaitingCaller>>,
  ): Promise<Permit | null> {
    const deps = this.#deps;
    const aborted = abortOf(call.signal);
    try {
      for (;;) {
        const left = caller.patient ? caller.deadline - deps.now() : LOOK_EVERY_MS;
        if (left <= 0 || call.signal.aborted) break;
        const first = await Promise.race([result, aborted.promise, deps.sleep(Math.min(left, LOOK_EVERY_MS))]);
        if (first) return this.#permitOf(first, call);
        this.#endVanished(deps.now());
        this.#askForLeases();
      }
      const waited = this.#client.queue.leave(caller);
      if (waited) throw this.#noRoom(call, this.#client.queue.outlook(caller));
      return this.#permitOf(await result, call);
    } finally {
      aborted.stop();
    }
  }

  #permitOf(result: AdmissionResult<WaitingCaller>, call: AdmitCall): Permit | null {
    if ("permit" in result) return result.permit;
    const { reason } = result.refusal;
    if (reason === "outdated") return null;
    throw reason === "limited" ? this.#noRoom(call, result.wait_ms) : noFitKey(call, result.wait_ms);
  }

  #admissionOf(permit: Permit, key: ProviderKey): Admission {
    let sentAt = this.#deps.now();
    const send = () => this.#client.holder.send(permit, (sentAt = this.#deps.now()));
    const endWith = (how: "end" | "abort") => (spent: number, outcome: EndOutcome | null) => {
      const now = this.#deps.now();
      if (outcome) this.#note({ ...permit, version: key.version }, outcome, now);
      this.#client.holder[how](permit, sentAt, spent, now);
      this.#afterRelease();
    };
    return { key, send, end: endWith("end"), abort: endWith("abort"), cancel: () => this.#cancel(permit) };
  }

  #cancel(permit: Permit): void {
    this.#client.holder.cancel(permit, this.#deps.now());
    this.#afterRelease();
  }

  /**
   * Takes back what belongs to requests that the platform cancelled: nothing of them runs any more,
   * so those that are alive look for them.
   */
  #endVanished(now: number): void {
    for (const result of this.#client.queue.refuseVanished(now)) result.caller.resolve(result);
    if (this.#client.holder.endVanished(now)) this.#serveWaiting();
  }

  /** A free slot may serve a caller here; the gate hears of the rest in time. */
  #afterRelease(): void {
    this.#serveWaiting();
    this.#askForLeases();
    this.#news.plan();
  }

  #serveWaiting(): void {
    const now = this.#deps.now();
    this.#client.holder.endVanished(now);
    for (const result of this.#client.queue.serve(now)) result.caller.resolve(result);
  }

  #askForLeases(): void {
    const now = this.#deps.now();
    for (const question of this.#client.questions(now)) this.#deps.defer(this.#ask(question));
    // What the gate lets wait has its time.
    if (this.#client.newsFrom(now) > now) this.#news.plan();
  }

  async #ask(question: GateQuestion): Promise<void> {
    const results = await askAuthority(this.#deps, {
      question,
      client: this.#client,
      send: async ({ message }) => this.#deps.gate().acquire(message),
      fault: "gate_unanswered",
      pauseMs: PAUSE_MS,
    });
    for (const result of results ?? []) result.caller.resolve(result);
    this.#serveWaiting();
    this.#askForLeases();
    this.#news.plan();
  }

  /** Looks whether the gate knows more than this isolate, which makes calls without asking it. */
  async #lookAtGate(): Promise<void> {
    const view = await this.#deps
      .gate()
      .view(limitsOf(this.#keys.all))
      .catch((error: unknown) => {
        this.#deps.onFault("gate_unanswered", error);
        return null;
      });
    this.#client.free?.see(view);
  }

  async #tell(): Promise<void> {
    // A slot that has just become free serves a caller here before it counts as spare.
    this.#serveWaiting();
    // Questions take reports along.
    this.#askForLeases();
    const settlement = this.#client.settlement(this.#deps.now());
    if (!settlement) return;
    await this.#settle(settlement);
    this.#serveWaiting();
  }

  async #settle(settlement: Settlement): Promise<void> {
    const askedAt = this.#deps.now();
    await askAuthority(this.#deps, {
      question: settlement,
      client: {
        receive: (sent, renewed: Renewed[], now) => this.#client.settle(sent, renewed, askedAt, now),
        lose: (sent, now) => this.#client.settle(sent, null, askedAt, now),
      },
      send: async (sent) => this.#deps.gate().settle(sent),
      fault: "gate_untold",
    });
  }

  /**
   * Notes an outcome for the gate. An outcome that makes a key unfit stops its use here at once.
   */
  #note({ key, model, version }: Permit & { version: number }, outcome: EndOutcome, now: number): void {
    const { outcomes, holder, free } = this.#client;
    if (outcome.kind === "limited" && !outcome.of_model) this.#reportedRpm = outcome.rpm ?? null;
    const pair = `${key}/${model}`;
    if (outcome.kind === "passed") {
      this.#fails.delete(pair);
      outcomes.addPass(key, model, outcome.latency_ms, outcome.ttft_ms);
      return;
    }
    outcomes.add({ ...outcome, key, model, version });
    free?.noteFault(now);
    if (outcome.kind !== "failed") {
      // Other Workers may need what is idle here, now that the key bears less.
      const isOfModel = outcome.kind === "limited" && outcome.of_model;
      holder.drop(key, now, isOfModel ? model : undefined);
      return;
    }
    const inRow = (this.#fails.get(pair) ?? 0) + 1;
    this.#fails.set(pair, inRow);
    if (inRow >= LOCAL_FAILS) holder.drop(key, now, model);
  }

  #noRoom({ provider, keys }: AdmitCall, waitMs: number): AppError {
    const retryAfterMs = Math.max(waitMs, MIN_RETRY_MS);
    const stated = keys.reduce<number | null>((sum, { rpm }) => (sum === null || rpm === null ? null : sum + rpm), 0);
    const limit = stated ?? this.#reportedRpm;
    const limits = limit === null ? {} : { requests: { limit, remaining: 0, reset_ms: retryAfterMs } };
    const detail = `The limits of the keys for ${provider} left no room in time.`;
    return new AppError("rate_limit_error", detail, { retryable: true, retryAfterMs, limits });
  }
}

function noFitKey({ provider }: AdmitCall, waitMs: number): AppError {
  const [detail, retryAfterMs] = [`No key for ${provider} is fit to be called now.`, Math.max(waitMs, MIN_RETRY_MS)];
  return new AppError("provider_overloaded", detail, { retryable: true, retryAfterMs });
}

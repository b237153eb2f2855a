import type { Lane } from "../../lane.ts";
import type { LaneWait } from "../lanes.ts";
import type { CallKind } from "../protocol/call-kind.ts";
import { type AcquireRequest, LONGEST_ACQUIRE_MS, type WorkerReport } from "../protocol/messages.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import { OpenQuestion } from "./open-question.ts";

/**
 * A caller that wants to make one call. One that is not `patient` takes what there is now or
 * nothing. Times are epoch ms.
 */
export interface GateCaller extends CallKind {
  tokens: number;
  since: number;
  deadline: number;
  patient: boolean;
  /** Keys that just failed for it, in order. */
  avoid: string[];
}

/**
 * An acquire request without what the sender adds: its id, the purpose, the keys and the reports.
 */
export type LeaseRequest = Omit<AcquireRequest, "holder" | "purpose" | "keys" | keyof WorkerReport>;

/**
 * A request without an answer after this many ms counts as lost: a round trip beyond the gate's
 * longest.
 */
const LOST_AFTER_MS = LONGEST_ACQUIRE_MS + 3_000;
/**
 * For this many ms after a refusal a Worker asks for waiting callers only, and not ahead of them.
 */
const MODEST_MS = 2_000;
/** A caller leaves by itself within this many ms after its time is up, or it has vanished. */
const LEAVES_WITHIN_MS = 5_000;
/** The weight of the newest caller in the mean of their tokens. */
const MEMORY = 0.2;

/**
 * Callers that one request asks for: those of one kind, patience and list of keys to avoid.
 */
export class CallerGroup<C extends GateCaller> implements CallKind {
  readonly model: string;
  readonly lane: Lane;
  readonly hold_ms: number;
  readonly avoid: string[];
  readonly open = new OpenQuestion<LeaseRequest>(LOST_AFTER_MS);
  readonly #patient: boolean;
  readonly #callers: C[] = [];
  #meanTokens: number;
  #waitMs = 0;
  #modestUntil = 0;

  /** The name of the group that a caller belongs to. */
  static nameFor({ model, lane, hold_ms, patient, avoid }: GateCaller): string {
    return `${lane}/${model}/${hold_ms}/${patient}/${avoid.join()}`;
  }

  constructor({ model, lane, patient, hold_ms, tokens, avoid }: C) {
    this.model = model;
    this.lane = lane;
    this.avoid = avoid;
    this.#patient = patient;
    this.hold_ms = hold_ms;
    this.#meanTokens = tokens;
  }

  get size(): number {
    return this.#callers.length;
  }

  /** Whether its callers can wait for others: the impatient ones take what there is now. */
  get mayGather(): boolean {
    return this.#patient;
  }

  /** Whether nobody waits and no answer may come, so that the group may be forgotten. */
  isIdle(now: number): boolean {
    return this.#callers.length === 0 && !this.open.isAwaited(now);
  }

  get first(): C | undefined {
    return this.#callers[0];
  }

  get meanTokens(): number {
    return this.#meanTokens;
  }

  /** How long a caller that comes now would wait, as the gate said last, in ms. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** Learns from a caller that comes, whether it will wait or not. */
  observe({ tokens }: C): void {
    this.#meanTokens += MEMORY * (tokens - this.#meanTokens);
  }

  add(caller: C): void {
    this.#callers.push(caller);
  }

  /** Removes a caller. Returns whether it waited. */
  remove(caller: C): boolean {
    const index = this.#callers.indexOf(caller);
    if (index >= 0) this.#callers.splice(index, 1);
    return index >= 0;
  }

  removeFirst(): void {
    this.#callers.shift();
  }

  /** Removes and returns the newest callers: they have lost least by waiting. */
  removeNewest(count: number): C[] {
    return this.#callers.splice(Math.max(0, this.#callers.length - count));
  }

  /** Removes and returns callers that did not leave when their time was up: their requests died. */
  removeVanished(now: number): C[] {
    const vanished = this.#callers.filter((caller) => leavesBy(caller) + LEAVES_WITHIN_MS <= now);
    if (vanished.length > 0) this.#callers.splice(0, Infinity, ...this.#callers.filter((c) => !vanished.includes(c)));
    return vanished;
  }

  /** How long its first caller, or `first`, has waited and would wait. */
  wait(now: number, first: GateCaller | undefined = this.first): LaneWait {
    const { lane } = this;
    if (!first) return { lane, oldest_wait_ms: 0, patience_ms: 0 };
    return { lane, oldest_wait_ms: now - first.since, patience_ms: first.deadline - first.since };
  }

  /** Takes what a reply says about waiting. */
  learn(waitMs: number, refused: boolean, now: number): void {
    this.#waitMs = waitMs;
    if (refused) this.#modestUntil = now + MODEST_MS;
  }

  /** The request to send now: for waiting callers, or ahead of them where what is held runs low. */
  request(holder: LeaseHolder, now: number): LeaseRequest | null {
    const { model, lane, hold_ms, avoid, first } = this;
    if (!first && !this.#asksAhead(holder, now)) return null;
    const waiting = this.#callers.length;
    const sum = this.#callers.reduce((total, { tokens }) => total + tokens, 0);
    const mean = Math.ceil(waiting > 0 ? sum / waiting : this.#meanTokens);
    return {
      model,
      lane,
      avoid,
      hold_ms,
      waiting,
      ...holder.amountsFor(this, waiting, now),
      first_tokens: first?.tokens ?? mean,
      mean_tokens: mean,
      waited_ms: first ? Math.max(0, now - first.since) : 0,
      patience_ms: first && this.#patient ? Math.max(0, first.deadline - now) : 0,
      stay_ms: this.#patient ? Math.max(0, ...this.#callers.map(({ deadline }) => deadline - now)) : 0,
    };
  }

  #asksAhead(holder: LeaseHolder, now: number): boolean {
    if (now < this.#modestUntil || !this.#patient || this.avoid.length > 0) return false;
    return holder.runsLow(this, now);
  }
}

/** When a caller gives up. One that is not patient waits for the gate's answer, however late. */
function leavesBy({ patient, deadline, since, hold_ms }: GateCaller): number {
  return patient ? deadline : since + hold_ms;
}

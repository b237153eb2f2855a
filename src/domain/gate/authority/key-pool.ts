import type { CallOutcome, DueCheck, KeyLimits, ParkedKey } from "../protocol/messages.ts";
import { asked } from "./breaker.ts";
import { Configuration, type StoredConfiguration } from "./configuration.ts";
import { breakerOf, type KeyState, learnFrom, minuteLimits, newBreakers, readyIn, setLimits } from "./key-state.ts";
import { NOTHING_LEARNED, stillLearned } from "./learned-limits.ts";
import { RateWindow, SLOT_MS, type SlotCharges, WINDOW_MS } from "./rate-window.ts";
import type { KeyCharges, StoredKey, StoredPart } from "./stored-part.ts";

/** A key as it was found on disk: its row, if it has one, and its charges by part. */
interface RestoredKey {
  row?: StoredKey;
  requests: [part: number, charges: SlotCharges][];
  tokens: [part: number, charges: SlotCharges][];
}

/** News of keys for the outside: those that were parked, and the checks to make. */
export interface KeyNews {
  parked: ParkedKey[];
  checks: DueCheck[];
}

/** The keys of a tenant at a provider, with their limits and their health. */
export class KeyPool {
  readonly #inFlightOf: (name: string) => number;
  readonly #configuration: Configuration;
  /** Stored keys that were not needed yet. */
  readonly #restored: Map<string, RestoredKey>;
  /** Keys that were removed stay here while something is charged to them: they may come back. */
  readonly #known = new Map<string, KeyState>();
  #keys: KeyState[] = [];
  #names = new Set<string>();
  #forgotten: string[] = [];
  #news: KeyNews = { parked: [], checks: [] };

  /** Stored keys are found again by name; `inFlightOf` counts the slots of a key in old leases. */
  constructor(
    inFlightOf: (name: string) => number,
    stored: readonly StoredKey[] = [],
    parts: readonly StoredPart[] = [],
    configured: StoredConfiguration | null = null,
  ) {
    this.#inFlightOf = inFlightOf;
    this.#restored = restoredKeys(stored, parts);
    this.#configuration = new Configuration(configured);
  }

  /**
   * Takes the keys as an isolate knows them, unless a newer configuration is known. Known keys keep
   * their state.
   */
  configure(wanted: readonly KeyLimits[], now: number): void {
    const isChanged = this.#configuration.take(wanted);
    if (isChanged || this.#keys.length === 0) {
      this.#keys = this.#configuration.keys.map((limits) => this.#adopt(limits, now));
      this.#names = new Set(this.#keys.map(({ limits }) => limits.name));
    }
    if (isChanged) this.#forgetRemoved(now);
    for (const key of this.#keys) this.#unlearn(key, now);
  }

  get(name: string): KeyState | undefined {
    return this.#known.get(name);
  }

  all(): KeyState[] {
    return this.#keys;
  }

  /** Whether an isolate that knows these keys can use one of the configured ones. */
  isUsableBy(keys: readonly KeyLimits[]): boolean {
    return keys.some(({ name }) => this.#names.has(name));
  }

  /** Keys whose health allows calls to a model now. */
  healthy(model: string, now: number): KeyState[] {
    return this.#keys.filter((key) => readyIn(key, model, now) === 0);
  }

  /** Milliseconds until some key may be healthy for a model: 0 now, Infinity without keys. */
  healthyIn(model: string, now: number): number {
    return Math.min(Infinity, ...this.#keys.map((key) => readyIn(key, model, now)));
  }

  /** Whether some key rests only because its provider limits it. */
  isLimited(now: number): boolean {
    return this.#keys.some((key) => key.cool_until > now && key.parked_until <= now);
  }

  /** All that is charged to keys in a part, for storage. */
  chargesIn(part: number, now: number): KeyCharges[] {
    // A limit that does not exist needs no charges.
    const of = (window: RateWindow) => (window.limit === Infinity ? [] : window.charges(part, now));
    const known = [...this.#known].map(([key, { requests, tokens }]) => ({
      key,
      requests: of(requests),
      tokens: of(tokens),
    }));
    const inPart = (charges: RestoredKey["requests"]) =>
      charges.flatMap(([each, slots]) => (each === part ? slots : []));
    const restored = [...this.#restored].map(([key, { requests, tokens }]) => ({
      key,
      requests: inPart(requests),
      tokens: inPart(tokens),
    }));
    return [...known, ...restored].filter(({ requests, tokens }) => requests.length + tokens.length > 0);
  }

  /** Parts with charges of keys that had no limit when the parts were stored. */
  takeUnstoredParts(): number[] {
    const limited = this.#keys.filter(({ newly_limited }) => newly_limited);
    for (const key of limited) key.newly_limited = false;
    return limited.flatMap(({ requests, tokens }) => [...requests.parts(), ...tokens.parts()]);
  }

  /** Learns from an outcome. Returns the key if its stored state changed. */
  learn(outcome: CallOutcome, now: number): KeyState | undefined {
    const key = this.#known.get(outcome.key);
    // An isolate with another copy may still call with the secret that was replaced.
    if (!key || (outcome.version !== undefined && isReplaced(outcome.version, key.limits.version))) return undefined;
    if (outcome.kind === "refused" && key.parked_until <= now) {
      this.#news.parked.push({ name: outcome.key, status: outcome.status });
    }
    const { check_at: awaited } = breakerOf(key, outcome.model);
    const storedChanged = learnFrom(key, outcome, now);
    const { check_at: due } = breakerOf(key, outcome.model);
    if (due !== null && due !== awaited) {
      this.#news.checks.push({ key: outcome.key, model: outcome.model, due_at: due, in_ms: due - now });
    }
    return storedChanged ? key : undefined;
  }

  /** Notes that a caller asks for a model, so that checks of its open breakers go on. */
  noteAsked(model: string, now: number): void {
    for (const { breakers } of this.#keys) {
      const breaker = breakers.peek(model);
      if (breaker) breakers.set(model, asked(breaker, now), now);
    }
  }

  /** The news since the last call. A key that stays parked is in it once. */
  takeNews(): KeyNews {
    const taken = this.#news;
    this.#news = { parked: [], checks: [] };
    return taken;
  }

  /** The configuration to store, null where the stored one is right. */
  takeConfiguration(): StoredConfiguration | null {
    return this.#configuration.takeChange();
  }

  /** Names of keys that are over, whose rows may go. */
  takeForgotten(): string[] {
    const taken = this.#forgotten;
    this.#forgotten = [];
    return taken.filter((name) => !this.#known.has(name));
  }

  #adopt(limits: KeyLimits, now: number): KeyState {
    const { name } = limits;
    const key = this.#known.get(name) ?? newKey(limits, this.#restored.get(name), this.#inFlightOf(name), now);
    this.#known.set(name, key);
    this.#restored.delete(name);
    // What was said of a secret is not true of the next one.
    const replaced = isReplaced(key.limits.version, limits.version);
    Object.assign(key, { limits }, replaced ? NEW_SECRET : {});
    setLimits(key);
    return key;
  }

  #unlearn(key: KeyState, now: number): void {
    const learned = stillLearned(key.learned, now);
    if (learned === key.learned) return;
    key.learned = learned;
    setLimits(key);
  }

  #forgetRemoved(now: number): void {
    for (const [name, key] of this.#known) {
      if (this.#names.has(name) || key.in_flight > 0 || key.requests.used(now) + key.tokens.used(now) > 0) continue;
      this.#known.delete(name);
      this.#forgotten.push(name);
    }
    for (const [name, { requests, tokens }] of this.#restored) {
      const charges = [...requests, ...tokens].flatMap(([, slots]) => slots);
      const isCharged = charges.some(([slot]) => slot * SLOT_MS + WINDOW_MS > now);
      if (isCharged || this.#inFlightOf(name) > 0) continue;
      this.#restored.delete(name);
      this.#forgotten.push(name);
    }
  }
}

/**
 * Whether two versions are of different secrets. An isolate of an earlier version may say 0 of any.
 */
function isReplaced(version: number, other: number): boolean {
  return version !== other && version !== 0 && other !== 0;
}

/** A key whose secret was replaced: its charges stay, because the account may be the same. */
const NEW_SECRET = { learned: NOTHING_LEARNED, ceiling: Infinity, cool_until: 0, parked_until: 0, parked_for: null };

function newKey(limits: KeyLimits, restored: RestoredKey | undefined, inFlight: number, now: number): KeyState {
  const stored = restored?.row;
  const ceiling = stored?.ceiling ?? Infinity;
  const learned = stored?.learned ?? NOTHING_LEARNED;
  const windows = minuteLimits({ limits, learned });
  const breakers = newBreakers();
  for (const [model, breaker] of stored?.breakers ?? []) breakers.set(model, breaker, now);
  return {
    limits: { ...limits, version: stored?.version ?? limits.version },
    learned,
    requests: new RateWindow(windows.requests, now, restored?.requests),
    tokens: new RateWindow(windows.tokens, now, restored?.tokens),
    in_flight: inFlight,
    ceiling,
    stored_ceiling: ceiling,
    newly_limited: false,
    cool_until: stored?.cool_until ?? 0,
    parked_until: stored?.parked_until ?? 0,
    parked_for: stored?.parked_for ?? null,
    ttft_ms: null,
    latency_ms: null,
    breakers,
  };
}

function restoredKeys(stored: readonly StoredKey[], parts: readonly StoredPart[]): Map<string, RestoredKey> {
  const keys = new Map<string, RestoredKey>(stored.map((row) => [row.name, { row, requests: [], tokens: [] }]));
  for (const { part, charges } of parts) {
    for (const { key, requests, tokens } of charges) {
      const restored = keys.get(key) ?? { requests: [], tokens: [] };
      restored.requests.push([part, requests]);
      restored.tokens.push([part, tokens]);
      keys.set(key, restored);
    }
  }
  return keys;
}

/** What is stored of a key. Its charges are in the parts of the ledger. */
export function toStoredKey(key: KeyState): StoredKey {
  const { cool_until, parked_until, parked_for, learned, ceiling } = key;
  const telling = [...key.breakers.entries()].filter(([, { state, count }]) => state !== "closed" || count > 0);
  return {
    name: key.limits.name,
    cool_until,
    parked_until,
    parked_for,
    requests: [],
    tokens: [],
    version: key.limits.version,
    ...(learned.until > 0 && { learned }),
    ...(ceiling < Infinity && { ceiling }),
    ...(telling.length > 0 && { breakers: telling }),
  };
}

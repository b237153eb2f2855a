/** A state that a primary had at a time, in Unix ms, as isolates of a data centre tell each other. */
export interface NearbyState {
  /** Null where nobody near has one yet. */
  state: { bookmark: string; at: number } | null;
  /** When an isolate last set out to ask the primary for the next one, in Unix ms. */
  asked_at: number;
}

/** Where the isolates of a data centre tell each other what states the primaries had. */
export interface NearbyStates {
  /** Undefined where nothing is known, or nothing can be kept. */
  find(shard: string): Promise<NearbyState | undefined>;
  /** Never throws; what is told may be lost. */
  tell(shard: string, known: NearbyState): void;
}

/** The dependencies of {@link SharedState}. */
export interface SharedStateDeps {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** How old a state may be, ms. */
  maxLagMs: number;
  nearby: NearbyStates;
}

type State = NonNullable<NearbyState["state"]>;

/** From this part of its life on, a state is asked for anew, by one isolate of the data centre. */
const YOUNG = 0.5;
/** How long others leave the asking to one that set out, as a part of the life of a state. */
const PATIENCE = 0.5;
/** A state is told unless another one was within this part of its life. */
const TELL_EVERY = 0.1;
/** When those that wait look first whether the answer is there, ms; then ever later, to this. */
const LOOK_AFTER_MS = 20;
const LOOK_EVERY_MS = 100;
/** Clocks of a data centre differ by less than this, ms. */
const SKEW_MS = 1_000;

/**
 * The states that the isolates of a data centre share, so that the primary is asked about once in
 * half of the allowed lag by a data centre, and not by each of its isolates. One of them renews a
 * state before it is too old; the others go on with it, and wait for the first one. A primary that
 * is asked by few answers in time: were it asked by all, its queue alone would make states too old.
 */
export class SharedState {
  readonly #deps: SharedStateDeps;
  #validFrom = -Infinity;
  /** The time of the last state of each shard that was told. */
  readonly #told = new Map<string, number>();

  constructor(deps: SharedStateDeps) {
    this.#deps = deps;
  }

  /**
   * A state that is not too old, or undefined: then the caller is to ask the primary, and to
   * {@link tell} its answer. `own` is what the isolate knows itself.
   */
  async find(shard: string, own: State | undefined): Promise<State | undefined> {
    const { now, sleep, maxLagMs, nearby } = this.#deps;
    if (own && now() - own.at <= YOUNG * maxLagMs) return own;
    const until = now() + PATIENCE * maxLagMs;
    for (let pause = LOOK_AFTER_MS; ; pause = Math.min(2 * pause, LOOK_EVERY_MS)) {
      const known = await nearby.find(shard);
      const newest = newestOf(own, known && this.#stateIn(known));
      const age = newest ? now() - newest.at : Infinity;
      const isAsked = known !== undefined && this.#isRecent(known.asked_at, PATIENCE * maxLagMs);
      if (age <= YOUNG * maxLagMs) return newest;
      // Where nothing is kept for others, a state of one's own serves until it is too old.
      if (age <= maxLagMs && (isAsked || !known)) return newest;
      if (!isAsked || now() >= until) {
        // The others go on with what there is.
        nearby.tell(shard, { state: newest ?? null, asked_at: now() });
        return undefined;
      }
      await sleep(Math.min(pause, until - now()));
    }
  }

  /**
   * Tells the others what the primary answered to a call that began at the state's time; not of each
   * of many calls, as each costs a write.
   */
  tell(shard: string, state: State): void {
    const since = state.at - (this.#told.get(shard) ?? -Infinity);
    if (since >= 0 && since < TELL_EVERY * this.#deps.maxLagMs) return;
    this.#told.set(shard, state.at);
    this.#deps.nearby.tell(shard, { state, asked_at: 0 });
  }

  /** Takes over no state from before now. */
  forget(): void {
    this.#validFrom = this.#deps.now() + SKEW_MS;
    this.#told.clear();
  }

  /** Whether a time is from after {@link forget}, and not from after the clock. */
  #isRecent(at: number, withinMs: number): boolean {
    const age = this.#deps.now() - at;
    return at > this.#validFrom && age >= 0 && age < withinMs;
  }

  /** A state from after the clock is one of a clock that is wrong. */
  #stateIn({ state }: NearbyState): State | undefined {
    return state && state.at > this.#validFrom && state.at <= this.#deps.now() ? state : undefined;
  }
}

function newestOf(own: State | undefined, other: State | undefined): State | undefined {
  return own && (!other || own.at >= other.at) ? own : other;
}

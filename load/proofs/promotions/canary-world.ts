import { chooseVersion, type PromptPointer, stickyRoll } from "../../../src/domain/prompts/label.ts";
import type { Draws } from "../insights/draws.ts";

/**
 * How failures come beside those that are independent of each other. `repeats`: a caller repeats a
 * call that fails 500 times. `outages`: the provider fails everything for two minutes. `customers`:
 * two customers whose calls always fail. `herds`: many callers wait for one call of their version.
 * `cold_cache`: the served version's answers are stored, and the canary's are not yet. `unequal`:
 * a tenth of the users have most of the failures.
 */
export const PATTERNS = ["repeats", "outages", "customers", "herds", "cold_cache", "unequal"] as const;
/** One of {@link PATTERNS}. */
export type Pattern = (typeof PATTERNS)[number];

/** A split of two versions: how many calls it has, and how many of them fail. */
export interface CanaryPlan {
  /** Calls of both versions a minute. */
  calls: number;
  /** The share of calls that the canary has. */
  share: number;
  /** The rates of failed calls of the served version and of the canary. */
  served: number;
  canary: number;
  /** The minute from which on the canary has its rate; it has the served version's before. */
  from: number;
  minutes: number;
  /** How many users the calls have; none where absent. */
  users?: number;
  pattern?: Pattern;
}

/**
 * A call that failed. `user` is null where it named none; `called` is false where it only waited, and
 * `moment` is when in its minute it failed, from 0 to 1.
 */
export interface WorldFailure {
  version: number;
  user: string | null;
  called: boolean;
  moment: number;
}

/** The calls of a minute that no stored answer served, by version, and those of them that failed. */
export interface WorldMinute {
  calls: Map<number, number>;
  failures: WorldFailure[];
}

/** The versions of the split. */
export const [SERVED, CANARY] = [1, 2];
/** Minutes. */
export const DAY = 1_440;
/** What is repeated, and for how many minutes; how many callers a herd has; how often they come. */
const REPEATS = { calls: 500, minutes: 10, a_day: 3 };
const HERD = { callers: 50, a_day: 300 };
const OUTAGE = { minutes: 2, a_day: 6 };
/** The share of stored answers once a cache is warm, and how long that takes. */
const HITS = { share: 0.8, minutes: 240 };
const LABEL = "production";

/** A seeded world of one label, whose calls are divided between its versions as in life. */
export class CanaryWorld {
  readonly #plan: CanaryPlan;
  readonly #draws: Draws;
  readonly #users: string[];
  readonly #customers: string[];
  readonly #pointer: PromptPointer;
  readonly #versions = new Map<string, number>();
  /** The share of the users' calls that the canary has. */
  readonly #share: number;
  #outageUntil = 0;
  #repeating: { user: string; until: number } | undefined;

  constructor(plan: CanaryPlan, draws: Draws) {
    [this.#plan, this.#draws] = [plan, draws];
    const split = [
      { version: SERVED, weight: 1 - plan.share },
      { version: CANARY, weight: plan.share },
    ];
    this.#pointer = { latest_version: CANARY, cache_epoch: 0, labels: { [LABEL]: split } };
    const world = Math.floor(draws.unit() * 1e9);
    this.#users = Array.from({ length: plan.users ?? 0 }, (_, at) => `user-${world}-${at}`);
    this.#customers = plan.pattern === "customers" ? [`one-${world}`, `other-${world}`] : [];
    const canaries = this.#users.filter((user) => this.#versionOf(user) === CANARY).length;
    this.#share = this.#users.length > 0 ? canaries / this.#users.length : plan.share;
  }

  /** What happens in a minute. Minutes follow each other. */
  next(minute: number): WorldMinute {
    const { calls, pattern } = this.#plan;
    const made = new Map([
      [SERVED, this.#draws.poisson(calls * (1 - this.#share) * this.#missed(SERVED, minute))],
      [CANARY, this.#draws.poisson(calls * this.#share * this.#missed(CANARY, minute))],
    ]);
    const failures = [...this.#usual(minute)];
    if (pattern === "repeats") failures.push(...this.#repeats(minute));
    if (pattern === "herds" && this.#happens(HERD.a_day)) failures.push(...this.#herd(made));
    for (const user of this.#customers) failures.push(this.#failure(user));
    for (const { version } of failures) made.set(version, (made.get(version) ?? 0) + 1);
    return { calls: made, failures };
  }

  /** Failures are drawn at the higher rate, and then kept as often as their version fails. */
  *#usual(minute: number): Generator<WorldFailure> {
    const { calls, served, canary, from, pattern } = this.#plan;
    if (pattern === "outages" && this.#happens(OUTAGE.a_day)) this.#outageUntil = minute + OUTAGE.minutes;
    const isOut = minute < this.#outageUntil;
    const rates = { [SERVED]: isOut ? 1 : served, [CANARY]: isOut ? 1 : minute < from ? served : canary };
    const most = Math.max(...Object.values(rates));
    for (let left = this.#draws.poisson(calls * most); left > 0; left--) {
      const failure = this.#failure(this.#anyUser());
      const rate = (rates[failure.version] ?? 0) * this.#missed(failure.version, minute);
      if (this.#draws.unit() * most < rate) yield failure;
    }
  }

  *#repeats(minute: number): Generator<WorldFailure> {
    if (this.#happens(REPEATS.a_day)) {
      this.#repeating = { user: `caller-${this.#draws.unit()}`, until: minute + REPEATS.minutes };
    }
    if (!this.#repeating || minute >= this.#repeating.until) return;
    const { user } = this.#repeating;
    for (let n = 0; n < REPEATS.calls / REPEATS.minutes; n++) yield this.#failure(user);
  }

  /** Each version makes one call for its callers, which fails as often as the others do. */
  *#herd(made: Map<number, number>): Generator<WorldFailure> {
    const moment = this.#draws.unit();
    const callers = Array.from({ length: HERD.callers }, () => ({ ...this.#failure(this.#anyUser()), moment }));
    for (const [version, calls] of made) {
      const own = callers.filter((each) => each.version === version);
      if (this.#draws.unit() < this.#plan.served) yield* own.map((each, at) => ({ ...each, called: at === 0 }));
      else if (own.length > 0) made.set(version, calls + 1);
    }
  }

  #failure(user: string | null): WorldFailure {
    return { version: this.#versionOf(user), user, called: true, moment: this.#draws.unit() };
  }

  #anyUser(): string | null {
    if (this.#users.length === 0) return null;
    const few = Math.ceil(this.#users.length / 10);
    const among = this.#plan.pattern === "unequal" && this.#draws.unit() < 0.9 ? few : this.#users.length;
    return this.#users[Math.floor(this.#draws.unit() * among)] ?? null;
  }

  #versionOf(user: string | null): number {
    const known = user === null ? undefined : this.#versions.get(user);
    if (known !== undefined) return known;
    const roll = user === null ? this.#draws.unit() : stickyRoll("greet", user);
    const version = chooseVersion(this.#pointer, { label: LABEL }, roll)?.version ?? SERVED;
    if (user !== null) this.#versions.set(user, version);
    return version;
  }

  /** The share of calls that find no stored answer. */
  #missed(version: number, minute: number): number {
    if (this.#plan.pattern !== "cold_cache") return 1;
    const warm = version === SERVED ? 1 : Math.min(1, minute / HITS.minutes);
    return 1 - HITS.share * warm;
  }

  #happens(aDay: number): boolean {
    return this.#draws.unit() < aDay / DAY;
  }
}

/** A clean world of a pattern: any traffic, share, rate of errors and number of users. */
export function cleanPlan(draws: Draws, pattern?: Pattern): CanaryPlan {
  const rate = draws.pick([0.001, 0.01, 0.03, 0.1]);
  const users = draws.pick(pattern === "unequal" ? [20, 200, 2_000] : [0, 20, 200, 2_000]);
  return {
    calls: draws.pick([1, 10, 50, 200]),
    share: draws.pick([0.01, 0.1, 0.5, 0.9]),
    served: rate,
    canary: rate,
    from: 0,
    minutes: DAY,
    ...(users > 0 && { users }),
    ...(pattern && { pattern }),
  };
}

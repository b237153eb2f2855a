import { type Ground, ObjectSite, type SiteLoad } from "./object-site.ts";
import { type Place, PLACES, rttMs } from "./places.ts";
import { REPLICA_HITCH, REPLICA_WAIT_MS } from "./service-times.ts";

/** A statement for one row, by its key. */
export interface RowQuery {
  key: string;
  /** How many statements like it this one stands for. */
  weight: number;
  isWrite: boolean;
}

/**
 * D1 has a replica of each database in each of its regions (developers.cloudflare.com/d1/
 * best-practices/read-replication/). Each is taken to be in the largest of our places there.
 */
const REGIONS: Readonly<Record<string, string>> = {
  ENAM: "Ashburn",
  WNAM: "San Jose",
  WEUR: "London",
  EEUR: "Warsaw",
  APAC: "Singapore",
  OC: "Sydney",
};

/** A copy of a shard in a region. It takes over the writes in their order, some time later. */
interface Replica {
  site: ObjectSite;
  /** The state that it has: how many writes of the primary. */
  state: number;
  /** When it takes over the newest write that is on its way, elapsed ms. */
  dueAt: number;
  /** When it stands still next, elapsed ms. */
  hitchAt: number;
  waiting: { state: number; go: () => void }[];
}

/** What a shard must keep to. */
interface Rules {
  maxLagMs: number;
  isCareless: boolean;
  /** A replica answered from a state that was too old. */
  onLate(): void;
}

/** What a database answers: the version of a row, and the state that it saw or made. */
interface Answer {
  version: number;
  state: number;
}

/** Bookmarks sort as texts. */
const DIGITS = 10;
/** The session that begins at the primary. */
const FIRST_PRIMARY = "first-primary";

/** A database with its replicas. Its rows have a version each, 1 before anything was written. */
export class DatabaseShard {
  readonly counts = { primary: 0, replica: 0, writes: 0 };
  readonly times = { primary: [] as number[], replica: [] as number[], lag: [] as number[] };
  readonly #ground: Ground;
  readonly #rules: Rules;
  readonly #primary: ObjectSite;
  readonly #replicas: readonly Replica[];
  /** When each state began, elapsed ms; the first is from before the world. */
  readonly #states = [-Infinity];
  readonly #rows = new Map<string, { version: number; state: number }[]>();
  readonly #nearest = new Map<Place, Replica>();

  constructor(ground: Ground, name: string, home: Place, rules: Rules) {
    this.#ground = ground;
    this.#rules = rules;
    this.#primary = new ObjectSite(ground, { className: "D1 primary", name }, home);
    this.#replicas = Object.entries(REGIONS).map(([region, city]) => {
      const place = PLACES.find((each) => each.name === city);
      if (!place) throw new Error(`no place ${city}`);
      const site = new ObjectSite(ground, { className: "D1 replica", name: `${name}/${region}` }, place);
      return { site, state: 0, dueAt: 0, hitchAt: this.#nextHitch(), waiting: [] };
    });
  }

  loads(): SiteLoad[] {
    return [this.#primary, ...this.#replicas.map(({ site }) => site)].flatMap((site) => site.load() ?? []);
  }

  versionAt(key: string, at: number): number {
    return this.#versionIn(key, this.#stateAt(at));
  }

  /** The part of a binding that isolates use here: statements name a row, and sessions a state. */
  binding(from: Place): D1Database {
    const open = (start: string) => {
      const askedAt = this.#ground.clock.elapsed();
      let bookmark: string | null = null;
      const ask = async (query: RowQuery) => {
        const isFar = start !== FIRST_PRIMARY && !query.isWrite;
        const answer = isFar ? await this.#askReplica(from, query, Number(start)) : await this.#askPrimary(from, query);
        if (isFar && answer.state < this.#stateAt(askedAt - this.#rules.maxLagMs)) this.#rules.onLate();
        bookmark = String(answer.state).padStart(DIGITS, "0");
        return answer.version;
      };
      return { prepare: () => statementOf(ask), getBookmark: () => bookmark };
    };
    return { ...open(FIRST_PRIMARY), withSession: open } as unknown as D1Database;
  }

  async #askPrimary(from: Place, query: RowQuery): Promise<Answer> {
    const { clock, meter, times } = this.#ground;
    const { key, weight, isWrite } = query;
    const began = clock.elapsed();
    meter.add("d1 queries", "primary", weight);
    meter.add(isWrite ? "d1 rows written" : "d1 rows read", "primary", weight);
    if (meter.isOn) this.counts[isWrite ? "writes" : "primary"] += weight;
    const handle = () => {
      if (isWrite) this.#write(key);
      const state = this.#states.length - 1;
      return { reply: { state, version: this.#versionIn(key, state) }, rows: 0, times: weight, ms: times.d1_query };
    };
    const answer = await this.#primary.call(from, handle);
    if (meter.isOn && !isWrite) this.times.primary.push(clock.elapsed() - began);
    return answer;
  }

  /** A replica that is behind the session waits for a while, and then passes the call on. */
  async #askReplica(from: Place, query: RowQuery, least: number): Promise<Answer> {
    const { clock, meter, times } = this.#ground;
    const { key, weight } = query;
    const replica = this.#replicaNear(from);
    const began = clock.elapsed();
    meter.add("d1 queries", "replica", weight);
    meter.add("d1 rows read", "replica", weight);
    if (meter.isOn) this.counts.replica += weight;
    const handle = () => {
      const isReady = replica.state >= least || this.#rules.isCareless;
      const { state } = replica;
      const reply = isReady ? { state, version: this.#versionIn(key, state) } : null;
      return { reply, rows: 0, times: weight, ms: times.d1_query };
    };
    let answer = await replica.site.call(from, handle);
    if (!answer && (await this.#catchUp(replica, least))) answer = await replica.site.call(replica.site.place, handle);
    const found = answer ?? (await this.#askPrimary(replica.site.place, query));
    if (meter.isOn) this.times.replica.push(clock.elapsed() - began);
    return found;
  }

  /** Waits until a replica has a state. Whether it has. */
  async #catchUp(replica: Replica, state: number): Promise<boolean> {
    const { clock } = this.#ground;
    const caller = clock.life();
    return new Promise((resolve) => {
      replica.waiting.push({ state, go: () => clock.in(caller, 0, () => resolve(true)) });
      clock.in(caller, REPLICA_WAIT_MS, () => resolve(false));
    });
  }

  #write(key: string): void {
    const { clock, random, meter, times } = this.#ground;
    const now = clock.elapsed();
    const state = this.#states.push(now) - 1;
    const rows = this.#rows.get(key) ?? [];
    rows.push({ version: rows.length + 2, state });
    this.#rows.set(key, rows);
    for (const replica of this.#replicas) {
      const way = rttMs(this.#primary.place, replica.site.place) / 2 + random.exponential(1 / times.d1_replication);
      const isLate = now >= replica.hitchAt;
      if (isLate) replica.hitchAt = this.#nextHitch();
      const hitch = isLate ? random.between(0, REPLICA_HITCH.longest_ms) : 0;
      replica.dueAt = Math.max(replica.dueAt, now + way + hitch);
      clock.in(undefined, replica.dueAt - now, () => {
        replica.state = state;
        if (meter.isOn) this.times.lag.push(clock.elapsed() - now);
        const ready = replica.waiting.filter((each) => each.state <= state);
        replica.waiting = replica.waiting.filter((each) => each.state > state);
        for (const { go } of ready) go();
      });
    }
  }

  #nextHitch(): number {
    const { clock, random } = this.#ground;
    return clock.elapsed() + random.exponential(1 / REPLICA_HITCH.every_ms);
  }

  #versionIn(key: string, state: number): number {
    return this.#rows.get(key)?.findLast((row) => row.state <= state)?.version ?? 1;
  }

  /** The state that the primary had at a time. */
  #stateAt(at: number): number {
    return this.#states.findLastIndex((began) => began <= at);
  }

  #replicaNear(from: Place): Replica {
    const known = this.#nearest.get(from);
    if (known) return known;
    const [nearest] = this.#replicas.toSorted((a, b) => rttMs(from, a.site.place) - rttMs(from, b.site.place));
    if (!nearest) throw new Error("a shard without replicas");
    this.#nearest.set(from, nearest);
    return nearest;
  }
}

/** A statement whose one value is the query. */
function statementOf(ask: (query: RowQuery) => Promise<number>) {
  return { bind: (query: RowQuery) => ({ first: async () => ask(query) }) };
}

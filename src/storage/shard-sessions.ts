import { type NearbyStates, SharedState } from "./nearby-states.ts";
import { laterOf, presentReadScope, type ReadScope } from "./read-scope.ts";

/** A database, or a session of it, as calls use it. */
export type ShardAccess = Pick<D1Database, "prepare" | "batch">;

/** One call to a shard. */
export interface ShardCall {
  on: ShardAccess;
  /** Notes what state the shard answered with. */
  end: () => void;
  /** Notes that the primary could do what the replica could not; undefined where none was asked. */
  onReplicaFault?: () => void;
}

/** Whether a call only reads, and whether a replica may answer it as far as its maker knows. */
export interface CallNeeds {
  isRead: boolean;
  mayLag: boolean;
}

/** A state that a primary had, and since when at the least, in Unix ms. */
interface Anchor {
  bookmark: string;
  at: number;
}

/** The dependencies of {@link ShardSessions}. */
export interface ShardSessionsDeps {
  now: () => number;
  /** How far a replica may be behind, in ms. With 0 all calls go to the primaries. */
  maxLagMs: number;
  /** What other isolates of the data centre know of the primaries; absent where they do not tell. */
  nearby?: NearbyStates | undefined;
  sleep: (ms: number) => Promise<void>;
}

const nothing = () => undefined;
/** How long the primary answers after its replica failed, ms: a replica that hangs takes as long. */
const REST_MS = 10_000;

/**
 * Whom a call asks: the primary, or whichever replica is near. A replica is asked for a state at
 * least as late as one that the primary had `maxLagMs` ago or less, as this isolate or one near it
 * saw it; D1 makes a replica that is further behind wait or pass the call on. Where no such state is
 * known, the primary is asked, and its answer is the next one. Work that has not said how current its
 * reads must be ({@link presentReadScope}) asks primaries only.
 */
export class ShardSessions {
  readonly #deps: ShardSessionsDeps;
  readonly #shared: SharedState | undefined;
  #anchors = new Map<string, Anchor>();
  /** Until when no replica of a shard is asked, in Unix ms. */
  readonly #restingUntil = new Map<string, number>();

  constructor(deps: ShardSessionsDeps) {
    this.#deps = deps;
    const { now, sleep, maxLagMs, nearby } = deps;
    this.#shared = nearby && new SharedState({ now, sleep, maxLagMs, nearby });
  }

  async open(shard: string, database: D1Database, { isRead, mayLag }: CallNeeds): Promise<ShardCall> {
    const reading = presentReadScope();
    if (!reading || this.#deps.maxLagMs === 0) return { on: database, end: nothing };
    const mayAskReplica = isRead && mayLag && reading.mayLagOn(shard) && !this.#isResting(shard);
    const anchor = mayAskReplica ? await this.#anchorOf(shard) : undefined;
    return anchor
      ? this.#onReplica(shard, database, { reading, anchor })
      : this.#onPrimary(shard, database, { reading, isRead });
  }

  /**
   * Forgets all states, since buckets moved: one from before the move is a state of the new shard
   * without their rows.
   */
  forget(): void {
    this.#anchors = new Map();
    this.#shared?.forget();
  }

  async #anchorOf(shard: string): Promise<Anchor | undefined> {
    const { now, maxLagMs } = this.#deps;
    const anchors = this.#anchors;
    const known = anchors.get(shard);
    const own = known && isRecent(known, now(), maxLagMs) ? known : undefined;
    if (!this.#shared) return own;
    const found = await this.#shared.find(shard, own);
    if (found && found !== own) this.#keep(anchors, shard, found);
    return found;
  }

  #onReplica(
    shard: string,
    database: D1Database,
    { reading, anchor }: { reading: ReadScope; anchor: Anchor },
  ): ShardCall {
    const session = database.withSession(laterOf(anchor.bookmark, reading.bookmarks.get(shard)));
    const end = () => reading.see(shard, session.getBookmark() ?? "", { wrote: false, asOf: anchor.at });
    const onReplicaFault = () => void this.#restingUntil.set(shard, this.#deps.now() + REST_MS);
    return { on: session, end, onReplicaFault };
  }

  #isResting(shard: string): boolean {
    const left = (this.#restingUntil.get(shard) ?? 0) - this.#deps.now();
    return left > 0 && left <= REST_MS;
  }

  #onPrimary(
    shard: string,
    database: D1Database,
    { reading, isRead }: { reading: ReadScope; isRead: boolean },
  ): ShardCall {
    const [at, anchors] = [this.#deps.now(), this.#anchors];
    const session = database.withSession("first-primary");
    const end = () => {
      const bookmark = session.getBookmark();
      if (bookmark === null) return;
      reading.see(shard, bookmark, { wrote: !isRead });
      // A call that began before the anchors were forgotten leaves none.
      const isNews = this.#keep(anchors, shard, { bookmark, at });
      if (isNews && anchors === this.#anchors) this.#shared?.tell(shard, { bookmark, at });
    };
    return { on: session, end };
  }

  /**
   * Keeps a state unless one from a later time is known, which then holds as of the later bookmark: a
   * slow write is in no state that a quick read saw. One from after the clock is of a clock set back.
   */
  #keep(anchors: Map<string, Anchor>, shard: string, anchor: Anchor): boolean {
    const known = anchors.get(shard);
    const isLate = known !== undefined && known.at > anchor.at && known.at <= this.#deps.now();
    anchors.set(shard, isLate ? { ...known, bookmark: laterOf(anchor.bookmark, known.bookmark) } : anchor);
    return !isLate;
  }
}

/** A state from the future says nothing: the clock was set back. */
function isRecent({ at }: Anchor, now: number, maxLagMs: number): boolean {
  return at <= now && now - at <= maxLagMs;
}

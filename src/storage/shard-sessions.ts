import { laterOf, presentReadScope } from "./read-scope.ts";

/** A database, or a session of it, as calls use it. */
export type ShardAccess = Pick<D1Database, "prepare" | "batch">;

/** One call to a shard. */
export interface ShardCall {
  on: ShardAccess;
  /** Notes what state the shard answered with. */
  end: () => void;
  isFromReplica: boolean;
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
}

const nothing = () => undefined;

/**
 * Whom a call asks: the primary, or whichever replica is near. A replica is asked for a state at
 * least as late as one that the primary had `maxLagMs` ago or less, as this isolate saw it itself;
 * D1 makes a replica that is further behind wait or pass the call on. Where no such state is known,
 * the primary is asked, and its answer is the next one. Work that has not said how current its reads
 * must be ({@link presentReadScope}) asks primaries only.
 */
export class ShardSessions {
  readonly #deps: ShardSessionsDeps;
  #anchors = new Map<string, Anchor>();

  constructor(deps: ShardSessionsDeps) {
    this.#deps = deps;
  }

  open(shard: string, database: D1Database, { isRead, mayLag }: CallNeeds): ShardCall {
    const reading = presentReadScope();
    const { now, maxLagMs } = this.#deps;
    if (!reading || maxLagMs === 0) return { on: database, end: nothing, isFromReplica: false };
    const [at, anchors] = [now(), this.#anchors];
    const anchor = anchors.get(shard);
    const mayAskReplica = isRead && mayLag && reading.mayLagOn(shard);
    if (mayAskReplica && anchor && isRecent(anchor, at, maxLagMs)) {
      const session = database.withSession(laterOf(anchor.bookmark, reading.bookmarks.get(shard)));
      return {
        on: session,
        end: () => reading.see(shard, session.getBookmark() ?? "", { wrote: false, asOf: anchor.at }),
        isFromReplica: true,
      };
    }
    const session = database.withSession("first-primary");
    const end = () => {
      const bookmark = session.getBookmark();
      if (bookmark === null) return;
      reading.see(shard, bookmark, { wrote: !isRead });
      // A call that began before the anchors were forgotten leaves none.
      const known = anchors.get(shard);
      if (!known || known.at <= at || known.at > now()) anchors.set(shard, { bookmark, at });
    };
    return { on: session, end, isFromReplica: false };
  }

  /**
   * Forgets all states, since buckets moved: one from before the move is a state of the new shard
   * without their rows.
   */
  forget(): void {
    this.#anchors = new Map();
  }
}

/** A state from the future says nothing: the clock was set back. */
function isRecent({ at }: Anchor, now: number, maxLagMs: number): boolean {
  return at <= now && now - at <= maxLagMs;
}

import { AsyncLocalStorage } from "node:async_hooks";

const readings = new AsyncLocalStorage<ReadScope>();

/** Bookmarks of D1 by shard. They sort as texts: a later state has a greater one. */
export type Bookmarks = ReadonlyMap<string, string>;

/** How current the reads of some work are. */
export interface ReadScopeOptions {
  /** Whether a replica may answer, which is behind its primary by no more than the shards allow. */
  mayLag: boolean;
  /**
   * What the caller has written or seen before. Where it is given, a shard that it does not name is
   * read from its primary: the caller's rows may have moved there.
   */
  since?: Bookmarks | undefined;
}

/** The reads of one piece of work, such as a request: how current they must be, and were. */
export class ReadScope {
  readonly #seen: Map<string, string>;
  /** The shards whose primaries have answered: then their states are no mere word of the caller. */
  readonly #answered = new Set<string>();
  /** Whether the caller named what it has written or seen. */
  readonly isBound: boolean;
  #mayLag: boolean;
  #asOf = Infinity;
  #hasWritten = false;

  constructor({ mayLag, since }: ReadScopeOptions) {
    this.#mayLag = mayLag;
    this.#seen = new Map(since);
    this.isBound = since !== undefined;
  }

  /** The same reading for a part of the work, with replicas or without. */
  with({ mayLag }: Pick<ReadScopeOptions, "mayLag">): ReadScope {
    return new ReadScope({ mayLag, since: this.isBound ? this.#seen : undefined });
  }

  /** Does work whose reads are as current as this says. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    return readings.run(this, work);
  }

  /** The states that the work has written or seen, and those of its caller before. */
  get bookmarks(): Bookmarks {
    return this.#seen;
  }

  /** Whether the work has written anything. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** The oldest state that a replica may have answered with, in Unix ms; Infinity if none did. */
  get asOf(): number {
    return this.#asOf;
  }

  /** Whether a replica may answer for a shard. */
  mayLagOn(shard: string): boolean {
    return this.#mayLag && !(this.isBound && !this.#seen.has(shard));
  }

  /** Reads from primaries from now on. */
  readPrimaries(): void {
    this.#mayLag = false;
  }

  /** Whether replicas may answer. */
  get mayLag(): boolean {
    return this.#mayLag;
  }

  /** Takes over what a part of the work has seen. */
  include(part: ReadScope): void {
    for (const [shard, bookmark] of part.#seen) this.#note(shard, bookmark, part.#answered.has(shard));
    this.#asOf = Math.min(this.#asOf, part.#asOf);
  }

  /** Notes a state that a shard answered with, and since when it holds, if a replica answered. */
  see(shard: string, bookmark: string, { wrote, asOf = Infinity }: { wrote: boolean; asOf?: number }): void {
    this.#note(shard, bookmark, asOf === Infinity);
    this.#hasWritten ||= wrote;
    this.#asOf = Math.min(this.#asOf, asOf);
  }

  /**
   * A primary has seen all that there was. What the caller names beyond that is of another database,
   * such as before a restore, and would never be reached.
   */
  #note(shard: string, bookmark: string, isOfPrimary: boolean): void {
    const isFirst = isOfPrimary && !this.#answered.has(shard);
    if (isOfPrimary) this.#answered.add(shard);
    this.#seen.set(shard, isFirst ? bookmark : laterOf(bookmark, this.#seen.get(shard)));
  }
}

/** The reading of the present work; undefined where nobody said how current it must be. */
export function presentReadScope(): ReadScope | undefined {
  return readings.getStore();
}

/** Whether the present work must see what its caller wrote just before, so that no copy will do. */
export function isBoundToWrites(): boolean {
  return presentReadScope()?.isBound ?? false;
}

/** The later of two bookmarks of one shard. */
export function laterOf(bookmark: string, other: string | undefined): string {
  return other !== undefined && other > bookmark ? other : bookmark;
}

/**
 * Reads one record, and says as of when at the latest it was so, in Unix ms; undefined for now. A
 * replica may answer if `from` is `nearby`, or `present` and the work under way allows it. What a
 * replica does not have is asked of the primary.
 */
export async function readDated<T>(
  load: () => Promise<T | undefined>,
  from: "nearby" | "primary" | "present",
): Promise<{ value: T | undefined; asOf: number | undefined }> {
  const work = presentReadScope() ?? new ReadScope({ mayLag: false });
  const part = work.with({ mayLag: from === "nearby" || (from === "present" && work.mayLag) });
  const value = await part.during(load);
  const isFromReplica = part.asOf !== Infinity;
  if (isFromReplica && value === undefined) {
    return { value: await work.with({ mayLag: false }).during(load), asOf: undefined };
  }
  work.include(part);
  return { value, asOf: isFromReplica ? part.asOf : undefined };
}

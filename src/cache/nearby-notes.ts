import type { CacheTier } from "./tier.ts";

/** What the isolates of a data centre tell each other, by name. */
export interface NearbyNotes<T> {
  /** Undefined where nothing was told, or nothing can be kept. */
  find(name: string): Promise<T | undefined>;
  /** Tells it behind the response. It may be lost. */
  tell(name: string, note: T): void;
}

/** The dependencies of {@link createNearbyNotes}. */
export interface NearbyNotesDeps {
  /** The cache of this data centre. */
  edge: CacheTier;
  now: () => number;
  /** Continues work behind the response. */
  defer: (work: Promise<unknown>) => void;
}

/** Notes of one kind in the cache of the data centre, each for at most `ttlS` seconds. */
export function createNearbyNotes<T>(
  { edge, now, defer }: NearbyNotesDeps,
  kind: string,
  ttlS: number,
): NearbyNotes<T> {
  const keyOf = (name: string) => `${kind}/${name}`;
  return {
    find: async (name) => (await edge.get<T>(keyOf(name)))?.value ?? undefined,
    tell: (name, note) => defer(edge.put(keyOf(name), { value: note, at: now() }, ttlS)),
  };
}

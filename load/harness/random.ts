/** A 32-bit FNV-1a hash over UTF-16 code units. `seed` chains several texts into one hash. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed >>> 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * A pseudo-random number in [0, 1) that only the seed and the ordinal decide, so that any place of
 * a series can be computed by itself. Mixes the bits with the finalizer of MurmurHash3.
 */
export function unitAt(seed: number, ordinal: number): number {
  let hash = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(ordinal, 0x85ebca6b)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One of `items`, chosen by the seed and the ordinal. An empty text where there are none. */
export function pickAt(items: readonly string[], seed: number, ordinal: number): string {
  return items[Math.floor(unitAt(seed, ordinal) * items.length)] ?? "";
}

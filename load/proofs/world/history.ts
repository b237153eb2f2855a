import { createHash } from "node:crypto";

/**
 * What happened in a world, line by line. Random ids are replaced by numbers in the order in which
 * they appear, so that one seed gives one text.
 */
export class History {
  readonly #now: () => number;
  readonly #lines: string[] = [];
  readonly #hash = createHash("sha256");
  readonly #names = new Map<string, string>();

  /** `now` is the world's time in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(text: string): void {
    const plain = text.replaceAll(/(?:exe|bat|pba)_[0-9a-f-]{36}/g, (id) => this.nameOf(id));
    const line = `${(this.#now() / 1_000).toFixed(3)} ${plain}`;
    this.#lines.push(line);
    this.#hash.update(`${line}\n`);
  }

  /** The short name of the id of an execution or a batch. */
  nameOf(id: string): string {
    const known = this.#names.get(id) ?? `${id.slice(0, 3)}${this.#names.size + 1}`;
    this.#names.set(id, known);
    return known;
  }

  /** The lines that contain one of the words, the last `most` of them. */
  about(words: readonly string[], most: number): string[] {
    const found = words.map((word) => new RegExp(`\\b${word}\\b`));
    return this.#lines.filter((line) => found.some((word) => word.test(line))).slice(-most);
  }

  /** The digest of all that happened so far. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

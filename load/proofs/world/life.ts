/**
 * Something that can end at any moment: an isolate, a request in it, an object's stay in memory.
 * Nothing that it awaits resumes afterwards. A life ends with its parent.
 */
export class Life {
  readonly name: string;
  readonly #onEnd = new Set<() => void>();
  readonly #parent: Life | undefined;
  readonly #leaveParent: () => void;
  #stalledUntil = 0;
  #isOver = false;

  constructor(name: string, parent?: Life) {
    this.name = name;
    this.#parent = parent;
    this.#leaveParent = parent?.onEnd(() => this.end()) ?? (() => undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing that the life awaits resumes before this, in ms after the start of the world. */
  get stalledUntil(): number {
    return Math.max(this.#stalledUntil, this.#parent?.stalledUntil ?? 0);
  }

  /** The life stands still: whatever it awaits comes late, all at once. */
  stall(until: number): void {
    this.#stalledUntil = until;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveParent();
    for (const run of this.#onEnd) run();
    this.#onEnd.clear();
  }

  /** Calls `run` when the life ends; at once if it has. Returns a function that stops that. */
  onEnd(run: () => void): () => void {
    if (this.#isOver) run();
    else this.#onEnd.add(run);
    return () => void this.#onEnd.delete(run);
  }
}

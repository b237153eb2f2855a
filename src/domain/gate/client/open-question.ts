/**
 * The question that a client has open with its authority: one at a time. A question without an
 * answer after `lostAfterMs` counts as lost, and its client may ask again. Times are epoch ms.
 */
export class OpenQuestion<Question> {
  readonly #lostAfterMs: number;
  #open: { question: Question; asked_at: number } | null = null;

  constructor(lostAfterMs: number) {
    this.#lostAfterMs = lostAfterMs;
  }

  /** The open question, lost or not; null where there is none. */
  get question(): Question | null {
    return this.#open?.question ?? null;
  }

  isLost(now: number): boolean {
    return this.#open !== null && now - this.#open.asked_at >= this.#lostAfterMs;
  }

  /** Whether an answer may still come, so that nothing may be asked now. */
  isAwaited(now: number): boolean {
    return this.#open !== null && !this.isLost(now);
  }

  open(question: Question, now: number): void {
    this.#open = { question, asked_at: now };
  }

  /** Closes a question. Returns when it was asked; null where it is not the open one (any more). */
  close(question: Question): number | null {
    if (this.#open?.question !== question) return null;
    const { asked_at } = this.#open;
    this.#open = null;
    return asked_at;
  }
}

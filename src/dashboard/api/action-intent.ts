import { ApiError } from "../../client/errors.ts";

/** The same action asked for again within this time, or while it runs, is one that was meant, ms. */
const AGAIN_MS = 1_000;

/**
 * What a person meant to do once. A double click, Enter pressed twice and a key held down ask for
 * it several times, and a try whose answer was lost may have been carried out.
 */
export class ActionIntent {
  #running = new Set<string>();
  #last: { input: string; askedAt: number } | null = null;
  #request: { text: string; key: string } | null = null;

  /** Whether something is to be done that is asked for `now`, in ms. */
  begin(input: unknown, now: number): boolean {
    const text = textOf(input);
    const isAgain = this.#last?.input === text && now - this.#last.askedAt < AGAIN_MS;
    this.#last = { input: text, askedAt: now };
    if (isAgain || this.#running.has(text)) return false;
    this.#running.add(text);
    return true;
  }

  /** Waits for the end of what has begun. */
  async follow<T>(input: unknown, result: Promise<T>): Promise<T> {
    try {
      const value = await result;
      this.#request = null;
      return value;
    } catch (error) {
      // A refusal is an answer. Anything else leaves open what happened.
      if (error instanceof ApiError && !error.isOfProxy) this.#request = null;
      throw error;
    } finally {
      this.#running.delete(textOf(input));
    }
  }

  /**
   * The `Idempotency-Key` of a request: the same one as before where its answer was lost and it has
   * not changed.
   */
  keyOf(request: unknown): string {
    const text = textOf(request);
    if (this.#request?.text !== text) this.#request = { text, key: crypto.randomUUID() };
    return this.#request.key;
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

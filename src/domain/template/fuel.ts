import type { RenderLimits } from "./limits.ts";
import { MAX_EVALUATION_DEPTH, templateFault } from "./limits.ts";

const TEXT_PER_STEP = 256;
/**
 * V8's Boyer-Moore search shifts by at most 250 characters, so at worst it compares the whole
 * needle at every 250th one.
 */
const SEARCH_PER_STEP = 1 << 20;

/**
 * The caps of one rendering, and what it has used so far. Every method throws an AppError
 * `validation_error` that names the cap that was hit.
 */
export class Fuel {
  readonly #limits: RenderLimits;
  #steps = 0;
  #levels = 0;
  #calls = 0;

  constructor(limits: RenderLimits) {
    this.#limits = limits;
  }

  /** Uses `count` steps. Call it before the work or the allocation that it pays for. */
  step(count = 1): void {
    this.#steps += count;
    if (!(this.#steps <= this.#limits.steps)) {
      throw templateFault(`rendering takes more than ${this.#limits.steps} steps (the step cap)`);
    }
  }

  /** Throws if a text of `length` characters is longer than the output cap. */
  checkLength(length: number): void {
    if (!(length <= this.#limits.output)) {
      throw templateFault(`rendering makes a text of more than ${this.#limits.output} characters (the output cap)`);
    }
  }

  /**
   * Uses steps for reading or making `length` characters. Throws if that is more than the output
   * cap.
   */
  text(length: number): void {
    this.checkLength(length);
    this.step(Math.floor(length / TEXT_PER_STEP));
  }

  /** Uses steps for the worst case of a search for a needle in a text. */
  search(text: number, needle: number): void {
    this.step(Math.floor(text / TEXT_PER_STEP) + Math.floor((text * needle) / SEARCH_PER_STEP));
  }

  /** Runs `work` one evaluation level deeper. */
  nested<T>(work: () => T): T {
    this.enter();
    const result = work();
    this.leave();
    return result;
  }

  /**
   * Goes one level deeper. Pair it with {@link leave}; a throw ends the rendering, so it needs no
   * pairing.
   */
  enter(): void {
    this.#levels += 1;
    if (this.#levels > MAX_EVALUATION_DEPTH) {
      throw templateFault(`rendering nests more than ${MAX_EVALUATION_DEPTH} levels deep (the depth cap)`);
    }
  }

  /** Comes back up from {@link enter}. */
  leave(): void {
    this.#levels -= 1;
  }

  /** Runs the body of a macro, one call deeper. */
  call<T>(work: () => T): T {
    this.#calls += 1;
    if (this.#calls > this.#limits.callDepth) {
      throw templateFault(`macros call each other more than ${this.#limits.callDepth} levels deep (the depth cap)`);
    }
    const result = work();
    this.#calls -= 1;
    return result;
  }
}

/** Collects the text of a block, and checks the output cap as it grows. */
export class Output {
  readonly #fuel: Fuel;
  readonly #parts: string[] = [];
  #length = 0;

  constructor(fuel: Fuel) {
    this.#fuel = fuel;
  }

  /** Appends a text; throws an AppError `validation_error` at the output cap. */
  write(text: string): void {
    this.#length += text.length;
    this.#fuel.checkLength(this.#length);
    this.#fuel.text(text.length);
    this.#parts.push(text);
  }

  /** The collected text. */
  toString(): string {
    return this.#parts.join("");
  }
}

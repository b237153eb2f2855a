/**
 * The most executions that begin in one turn: each takes a few of an invocation's 1,000 D1
 * statements.
 */
const MOST_EXECUTIONS = 120;

/** What one invocation may still begin for a run, tries again included. */
export class RunTurn {
  readonly #isOver: () => boolean;
  #left = MOST_EXECUTIONS;

  /** `isOver`: whether nothing more is to begin, however much was begun. */
  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** Takes room for one more execution. False where there is none. */
  take(): boolean {
    if (this.#left === 0 || this.#isOver()) return false;
    this.#left -= 1;
    return true;
  }
}

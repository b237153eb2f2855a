/** A failed execution by a label, as whoever watches splits is told of it. Times are Unix ms. */
export interface FailedExecution {
  id: string;
  prompt: string;
  label: string;
  version: number;
  /** 32 bits of a hash of its end user; null where it named none. */
  user: number | null;
  /** Whether it called a model itself. It did not where it waited for another one's call. */
  called: boolean;
  created_at: number;
  ended_at: number;
}

/** A question for the failures of a label that ended after `from`, and at `to` at the latest. */
export interface FailureQuery {
  prompt: string;
  label: string;
  from: number;
  to: number;
  /** The newest are told. */
  limit: number;
}

/** The failures that are kept: about two minutes of a share whose provider fails every call. */
const KEPT = 2_000;

/** The newest failures of a ledger object, in memory. They are known again from its records. */
export class RecentFailures {
  #all: FailedExecution[] = [];

  add(failure: FailedExecution): void {
    this.#all.push(failure);
    if (this.#all.length >= 2 * KEPT) this.#all = newestFirst(this.#all).slice(0, KEPT);
  }

  /** Takes one out whose execution has ended otherwise after all. */
  remove({ id }: FailedExecution): void {
    this.#all = this.#all.filter((each) => each.id !== id);
  }

  clear(): void {
    this.#all = [];
  }

  /** Those that are asked for, newest first. */
  find({ prompt, label, from, to, limit }: FailureQuery): FailedExecution[] {
    const found = this.#all.filter(
      (each) => each.prompt === prompt && each.label === label && each.ended_at > from && each.ended_at <= to,
    );
    return newestFirst(found).slice(0, limit);
  }
}

/** By their ends, and of equal ones in an order that no version has an advantage of. */
export function newestFirst(failures: readonly FailedExecution[]): FailedExecution[] {
  return failures.toSorted((a, b) => b.ended_at - a.ended_at || (a.id < b.id ? 1 : -1));
}

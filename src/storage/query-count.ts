import { AsyncLocalStorage } from "node:async_hooks";

const counting = new AsyncLocalStorage<QueryCount>();

/**
 * Counts the D1 statements of one piece of work, such as an invocation of a queue consumer, which
 * the platform allows 1,000 of them, and its calls of ledger objects, which are among the 10,000
 * subrequests of an invocation. Each statement of a transaction counts. What is counted inside of
 * other counted work counts there as well.
 */
export class QueryCount {
  readonly #around = counting.getStore();
  #queries = 0;
  #ledgerCalls = 0;

  get queries(): number {
    return this.#queries;
  }

  get ledgerCalls(): number {
    return this.#ledgerCalls;
  }

  /** The statements of the work that this is a part of, however deep, with its own. */
  get ofAll(): number {
    return this.#around?.ofAll ?? this.#queries;
  }

  /** Counts the statements that `work` prepares. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    return counting.run(this, work);
  }

  /** Counts one more statement. */
  add(): void {
    this.#queries += 1;
    this.#around?.add();
  }

  /** Counts one more call of a ledger object. */
  addLedgerCall(): void {
    this.#ledgerCalls += 1;
    this.#around?.addLedgerCall();
  }
}

/** A call of a ledger object counts for the work that makes it. */
export function countLedgerCall(): void {
  counting.getStore()?.addLedgerCall();
}

/** A database, or a session of it, whose statements count for the work that prepares them. */
export function countQueries<T extends D1Database | D1DatabaseSession>(database: T): T {
  return new Proxy(database, {
    get(of, name) {
      if (name === "prepare") counting.getStore()?.add();
      if (name === "withSession" && "withSession" in of) {
        return (from: D1SessionBookmark) => countQueries(of.withSession(from));
      }
      const member: unknown = Reflect.get(of, name);
      return typeof member === "function" ? (member.bind(of) as unknown) : member;
    },
  });
}

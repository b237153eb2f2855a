import { AsyncLocalStorage } from "node:async_hooks";

const counting = new AsyncLocalStorage<QueryCount>();

/**
 * Counts the D1 statements of one piece of work, such as an invocation of a queue consumer, which
 * the platform allows 1,000 of them. Each statement of a transaction counts. What is counted inside
 * of other counted work counts there as well.
 */
export class QueryCount {
  readonly #around = counting.getStore();
  #queries = 0;

  get queries(): number {
    return this.#queries;
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

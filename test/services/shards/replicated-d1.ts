import { LocalD1, type LocalResult, type LocalStatement } from "../../../load/harness/local-d1.ts";

/** A statement with its values. */
export interface LocalCall {
  sql: string;
  params: Parameters<LocalStatement["bind"]>;
}

/** What a call to a replicated database gives: its results, and the state that it saw or made. */
export interface ReplicatedAnswer {
  results: LocalResult[];
  bookmark: string;
}

/**
 * A database and a replica of it that is behind, as D1 has them: it takes over the writes in their
 * order, and answers a session from the state that the session names, or any later one.
 */
export class ReplicatedD1 {
  readonly primary = new LocalD1();
  #replica: LocalD1 | undefined;
  readonly #writes: LocalCall[][] = [];
  #applied = 0;
  /** How many calls the replica has answered. */
  answered = 0;

  /** Runs calls in one transaction on the primary. */
  onPrimary(calls: readonly LocalCall[]): ReplicatedAnswer {
    const results = this.primary.batchNow(calls.map((call) => statementIn(this.primary, call)));
    const changes = calls.some(({ sql }) => !/^\s*select\b/i.test(sql));
    if (changes) this.#writes.push([...calls]);
    return { results, bookmark: bookmarkOf(this.#writes.length) };
  }

  /** Runs calls that read on the replica, once it has `bookmark` and as much more as `ahead` says. */
  onReplica(calls: readonly LocalCall[], bookmark: string, ahead: (pending: number) => number): ReplicatedAnswer {
    const least = Math.max(this.#applied, Number(bookmark));
    this.#follow(least + ahead(this.#writes.length - least));
    this.answered += 1;
    const replica = this.#copy();
    const results = replica.batchNow(calls.map((call) => statementIn(replica, call)));
    return { results, bookmark: bookmarkOf(this.#applied) };
  }

  #copy(): LocalD1 {
    this.#replica ??= new LocalD1();
    return this.#replica;
  }

  #follow(state: number): void {
    const replica = this.#copy();
    for (const calls of this.#writes.slice(this.#applied, state)) {
      replica.batchNow(calls.map((call) => statementIn(replica, call)));
    }
    this.#applied = state;
  }
}

function statementIn(database: LocalD1, { sql, params }: LocalCall): LocalStatement {
  return database.prepare(sql).bind(...params);
}

/** Bookmarks sort as texts. */
function bookmarkOf(state: number): string {
  return String(state).padStart(12, "0");
}

/** Sends calls of one transaction to a database. */
export type Send = (calls: readonly LocalCall[]) => Promise<LocalResult[]>;

/** A statement on its way to a database. */
class SimulatedStatement {
  readonly call: LocalCall;
  readonly #send: Send;

  constructor(call: LocalCall, send: Send) {
    this.call = call;
    this.#send = send;
  }

  bind(...params: LocalCall["params"]): SimulatedStatement {
    return new SimulatedStatement({ ...this.call, params }, this.#send);
  }

  async all(): Promise<LocalResult | undefined> {
    return (await this.#send([this.call]))[0];
  }

  async run(): Promise<LocalResult | undefined> {
    return this.all();
  }

  async raw(): Promise<unknown[][]> {
    return ((await this.all())?.results ?? []).map((row) => Object.values(row));
  }
}

/** What D1 and its sessions have in common. */
export function accessBy(send: Send) {
  return {
    prepare: (sql: string) => new SimulatedStatement({ sql, params: [] }, send),
    batch: async (statements: SimulatedStatement[]) => send(statements.map(({ call }) => call)),
  };
}

/** D1 over a replicated database whose replica answers whatever may be behind. */
export function replicatedAccess(replicated: ReplicatedD1): D1Database {
  const withSession = (from: string) => {
    let bookmark: string | null = null;
    const ask: Send = async (calls) => {
      const isNear = from === "first-primary";
      const answer = isNear ? replicated.onPrimary(calls) : replicated.onReplica(calls, from, () => 0);
      ({ bookmark } = answer);
      return answer.results;
    };
    return { ...accessBy(ask), getBookmark: () => bookmark };
  };
  const plain = accessBy(async (calls) => replicated.onPrimary(calls).results);
  return { ...plain, withSession } as unknown as D1Database;
}

import { describe, expect, it } from "vitest";
import { counted, countedD1, countedObjects } from "../../load/bench/cache/backend-calls.ts";
import { type Sample, usuallyBegun, waitsOf } from "../../load/bench/cache/waits.ts";

/** A database that answers with what it was asked, and knows its own statements from any other's. */
function fakeD1() {
  const own = new WeakSet<object>();
  const statement = (sql: string, values: unknown[]): object => {
    const made = {
      bind: (...more: unknown[]) => statement(sql, more),
      all: async () => Promise.resolve({ sql, values }),
    };
    own.add(made);
    return made;
  };
  return {
    prepare: (sql: string) => statement(sql, []),
    batch: async (list: object[]) => Promise.resolve(list.map((each) => own.has(each))),
  } as unknown as D1Database;
}

function recorder() {
  const calls: string[] = [];
  const onCall = async <T>(name: string, call: () => Promise<T>) => {
    calls.push(name);
    return call();
  };
  return { calls, onCall };
}

describe("counted backends", () => {
  it("tell of a query when it runs, not when it is prepared, and pass its values on", async () => {
    const { calls, onCall } = recorder();
    const statement = countedD1(fakeD1(), onCall).prepare("select ?").bind(7);
    expect(calls).toEqual([]);
    expect(await statement.all()).toEqual({ sql: "select ?", values: [7] });
    expect(calls).toEqual(["d1"]);
  });

  it("tell of a batch once, and hand the database its own statements", async () => {
    const { calls, onCall } = recorder();
    const database = countedD1(fakeD1(), onCall);
    expect(await database.batch([database.prepare("a"), database.prepare("b").bind(1)])).toEqual([true, true]);
    expect(calls).toEqual(["d1"]);
  });

  it("tell of queries by a name of one's own", async () => {
    const { calls, onCall } = recorder();
    const database = countedD1(fakeD1(), onCall, (queries) => queries.join(" + "));
    await database.prepare("a").bind(1).all();
    await database.batch([database.prepare("a"), database.prepare("b").bind(1)]);
    expect(calls).toEqual(["a", "a + b"]);
  });

  it("wait for what they tell before they call, and leave other methods alone", async () => {
    const order: string[] = [];
    const store = {
      get: async (key: string) => {
        order.push(`get ${key}`);
        return Promise.resolve("found");
      },
      list: () => "listed",
    };
    const told = counted(store, "kv", ["get"], async (name, call) => {
      order.push(name);
      return call();
    });
    expect([await told.get("a"), told.list()]).toEqual(["found", "listed"]);
    expect(order).toEqual(["kv.get", "get a"]);
  });

  it("tell of an object's methods, and not of getting its stub", async () => {
    const { calls, onCall } = recorder();
    const namespace = { getByName: (name: string) => ({ join: async () => Promise.resolve(`joined ${name}`) }) };
    const stub = countedObjects(namespace, "flight", ["join"], onCall).getByName("x");
    expect(calls).toEqual([]);
    expect(await stub.join()).toBe("joined x");
    expect(calls).toEqual(["flight.join"]);
  });
});

describe("awaited calls", () => {
  const took = (...times: number[]): Sample[] => times.map((ms) => ({ ms, begun: {} }));

  it("are the delay's part in the median reply, in units of the delay", () => {
    expect(waitsOf(took(2, 3, 90), took(53, 52, 400), 50)).toBe(1);
    expect(waitsOf(took(4, 4, 4), took(4, 4, 4), 50)).toBe(0);
  });

  it("are told with what most replies had begun", () => {
    const one = { ms: 1, begun: { "edge.match": 1, "kv.get": 2 } };
    expect(usuallyBegun([one, { ms: 1, begun: {} }, one])).toBe("edge.match, 2 × kv.get");
    expect(usuallyBegun(took(1, 1))).toBe("none");
  });
});

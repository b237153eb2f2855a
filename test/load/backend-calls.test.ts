import { describe, expect, it } from "vitest";
import { awaitedCallsOf, mostCommonCalls, type ReplySample } from "../../load/bench/cache/samples.ts";
import { interceptCalls, interceptD1, interceptObjects } from "../../load/harness/backend-calls.ts";

/** A database that answers with the query, and in a batch whether each statement is its own. */
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

describe("intercepted backends", () => {
  it("report a query when it runs, not when it is prepared, and pass its values on", async () => {
    const { calls, onCall } = recorder();
    const statement = interceptD1(fakeD1(), onCall).prepare("select ?").bind(7);
    expect(calls).toEqual([]);
    expect(await statement.all()).toEqual({ sql: "select ?", values: [7] });
    expect(calls).toEqual(["d1"]);
  });

  it("report a batch as one call, and pass the database its own statements", async () => {
    const { calls, onCall } = recorder();
    const database = interceptD1(fakeD1(), onCall);
    expect(await database.batch([database.prepare("a"), database.prepare("b").bind(1)])).toEqual([true, true]);
    expect(calls).toEqual(["d1"]);
  });

  it("name queries with the function that was given", async () => {
    const { calls, onCall } = recorder();
    const database = interceptD1(fakeD1(), onCall, (queries) => queries.join(" + "));
    await database.prepare("a").bind(1).all();
    await database.batch([database.prepare("a"), database.prepare("b").bind(1)]);
    expect(calls).toEqual(["a", "a + b"]);
  });

  it("run the callback before the call, and do not change other methods", async () => {
    const order: string[] = [];
    const store = {
      get: async (key: string) => {
        order.push(`get ${key}`);
        return Promise.resolve("found");
      },
      list: () => "listed",
    };
    const intercepted = interceptCalls(store, "kv", ["get"], async (name, call) => {
      order.push(name);
      return call();
    });
    expect([await intercepted.get("a"), intercepted.list()]).toEqual(["found", "listed"]);
    expect(order).toEqual(["kv.get", "get a"]);
  });

  it("report the methods of a stub, but not getting the stub", async () => {
    const { calls, onCall } = recorder();
    const namespace = { getByName: (name: string) => ({ join: async () => Promise.resolve(`joined ${name}`) }) };
    const stub = interceptObjects(namespace, "flight", ["join"], onCall).getByName("x");
    expect(calls).toEqual([]);
    expect(await stub.join()).toBe("joined x");
    expect(calls).toEqual(["flight.join"]);
  });
});

describe("awaited calls", () => {
  const took = (...times: number[]): ReplySample[] => times.map((ms) => ({ ms, begun: {} }));

  it("are the time that the delay adds to the median reply, divided by the delay", () => {
    expect(awaitedCallsOf(took(2, 3, 90), took(53, 52, 400), 50)).toBe(1);
    expect(awaitedCallsOf(took(4, 4, 4), took(4, 4, 4), 50)).toBe(0);
  });

  it("are reported with the calls that most replies had begun", () => {
    const one = { ms: 1, begun: { "edge.match": 1, "kv.get": 2 } };
    expect(mostCommonCalls([one, { ms: 1, begun: {} }, one])).toBe("edge.match, 2 × kv.get");
    expect(mostCommonCalls(took(1, 1))).toBe("none");
  });
});

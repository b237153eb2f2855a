import { beforeEach, describe, expect, it } from "vitest";
import { type NearbyState, SharedState } from "../../../src/storage/nearby-states.ts";
import { ReadScope } from "../../../src/storage/read-scope.ts";
import { ShardSessions } from "../../../src/storage/shard-sessions.ts";

const MAX_LAG_MS = 1_000;
const SHARD = "DB_SHARD_0";

/** A data centre with a clock that stands still unless somebody sleeps, and its cache. */
function openCentre() {
  const centre = {
    now: 1_000_000,
    kept: new Map<string, NearbyState>(),
    slept: 0,
    looked: 0,
    onSleep: () => undefined as void,
  };
  const nearby = {
    find: async (shard: string) => {
      centre.looked += 1;
      return centre.kept.get(shard);
    },
    tell: (shard: string, known: NearbyState) => void centre.kept.set(shard, known),
  };
  const sleep = async (ms: number) => {
    centre.now += ms;
    centre.slept += ms;
    centre.onSleep();
  };
  const deps = { now: () => centre.now, sleep, maxLagMs: MAX_LAG_MS, nearby };
  return { centre, deps, isolate: () => new SharedState(deps) };
}

describe("the states that isolates of a data centre share", () => {
  let world: ReturnType<typeof openCentre>;
  beforeEach(() => {
    world = openCentre();
  });

  it("are taken over while they are young", async () => {
    const { centre, isolate } = world;
    const state = { bookmark: "5", at: centre.now };
    isolate().tell(SHARD, state);
    centre.now += MAX_LAG_MS / 2;
    expect(await isolate().find(SHARD, undefined)).toEqual(state);
  });

  it("are renewed by one isolate alone, while the others go on with them", async () => {
    const { centre, isolate } = world;
    const state = { bookmark: "5", at: centre.now };
    isolate().tell(SHARD, state);
    centre.now += MAX_LAG_MS / 2 + 1;
    expect(await isolate().find(SHARD, state)).toBeUndefined();
    expect(await isolate().find(SHARD, undefined)).toEqual(state);
    expect(centre.slept).toBe(0);
  });

  it("are left to the others by one that renews them and had none of its own", async () => {
    const { centre, isolate } = world;
    const state = { bookmark: "5", at: centre.now };
    isolate().tell(SHARD, state);
    centre.now += MAX_LAG_MS / 2 + 1;
    expect(await isolate().find(SHARD, undefined)).toBeUndefined();
    expect([await isolate().find(SHARD, undefined), centre.slept]).toEqual([state, 0]);
  });

  it("are waited for nobody who set out after the clock", async () => {
    const { centre, isolate } = world;
    centre.kept.set(SHARD, { state: null, asked_at: centre.now + 3_600_000 });
    expect([await isolate().find(SHARD, undefined), centre.slept]).toEqual([undefined, 0]);
  });

  it("are told a few times, of however many calls", () => {
    const { centre, deps } = world;
    let told = 0;
    const teller = new SharedState({ ...deps, nearby: { ...deps.nearby, tell: () => (told += 1) } });
    for (let call = 0; call < 500; call += 1) teller.tell(SHARD, { bookmark: "5", at: centre.now + call });
    expect(told).toBe(5);
    teller.forget();
    teller.tell(SHARD, { bookmark: "6", at: centre.now + 500 });
    expect(told).toBe(6);
  });

  it("are waited for where the first one is on its way", async () => {
    const { centre, isolate } = world;
    const [first, second] = [isolate(), isolate()];
    expect(await first.find(SHARD, undefined)).toBeUndefined();
    const state = { bookmark: "6", at: centre.now };
    centre.onSleep = () => (centre.slept >= 60 ? first.tell(SHARD, state) : undefined);
    expect(await second.find(SHARD, undefined)).toEqual(state);
    expect(centre.slept).toBe(60);
    expect(centre.looked).toBeLessThan(6);
  });

  it("are asked for by the next isolate where the first one does not come back", async () => {
    const { centre, isolate } = world;
    await isolate().find(SHARD, undefined);
    expect(await isolate().find(SHARD, undefined)).toBeUndefined();
    expect(centre.slept).toBe(MAX_LAG_MS / 2);
    expect(centre.looked).toBeLessThan(12);
  });

  it("are not used when they are too old, or from after the clock", async () => {
    const { centre, isolate } = world;
    isolate().tell(SHARD, { bookmark: "5", at: centre.now });
    centre.now += MAX_LAG_MS + 1;
    expect(await isolate().find(SHARD, undefined)).toBeUndefined();
    isolate().tell(SHARD, { bookmark: "7", at: centre.now + 1 });
    expect(await isolate().find(SHARD, undefined)).toBeUndefined();
  });

  it("are not taken over from before buckets moved, and are again a while later", async () => {
    const { centre, isolate } = world;
    const mover = isolate();
    isolate().tell(SHARD, { bookmark: "5", at: centre.now });
    mover.forget();
    expect(await mover.find(SHARD, undefined)).toBeUndefined();
    centre.now += 1_001;
    isolate().tell(SHARD, { bookmark: "6", at: centre.now });
    expect((await mover.find(SHARD, undefined))?.bookmark).toBe("6");
  });

  it("serve an isolate until they are too old where the cache keeps nothing", async () => {
    const { centre, deps } = world;
    const alone = new SharedState({ ...deps, nearby: { find: async () => undefined, tell: () => undefined } });
    const own = { bookmark: "5", at: centre.now };
    centre.now += MAX_LAG_MS;
    expect(await alone.find(SHARD, own)).toEqual(own);
    centre.now += 1;
    expect(await alone.find(SHARD, own)).toBeUndefined();
  });
});

/** A database at a state that the test sets, and how its sessions begin. */
function openSessions() {
  const state = { now: 1_000_000, at: "1", begun: [] as string[] };
  const database = {
    withSession: (from: string) => {
      state.begun.push(from);
      return { getBookmark: () => state.at };
    },
  } as unknown as D1Database;
  const sessions = new ShardSessions({ now: () => state.now, maxLagMs: MAX_LAG_MS, sleep: async () => undefined });
  const open = async (isRead: boolean) => sessions.open(SHARD, database, { isRead, mayLag: true });
  return { state, open };
}

describe("the sessions of an isolate", () => {
  it("begin after a slow write of its own, though a quick read has overtaken that", async () => {
    const { state, open } = openSessions();
    await new ReadScope({ mayLag: true }).during(async () => {
      const write = await open(false);
      state.now += 100;
      (await open(true)).end();
      state.at = "2";
      write.end();
    });
    await new ReadScope({ mayLag: true }).during(async () => open(true));
    expect(state.begun.at(-1)).toBe("2");
  });

  it("carry no state on that a caller names and the primary has not, as after a restore", async () => {
    const { state, open } = openSessions();
    const scope = new ReadScope({ mayLag: false, since: new Map([[SHARD, "9"]]) });
    state.at = "3";
    await scope.during(async () => (await open(false)).end());
    expect([...scope.bookmarks]).toEqual([[SHARD, "3"]]);
    const part = new ReadScope({ mayLag: false, since: new Map([[SHARD, "9"]]) });
    part.include(scope);
    expect([...part.bookmarks]).toEqual([[SHARD, "3"]]);
  });
});

describe("isolates of one data centre", () => {
  it("ask the primary once for all of them", async () => {
    const { deps } = openCentre();
    const begun: string[] = [];
    const database = {
      withSession: (from: string) => {
        begun.push(from);
        return { getBookmark: () => "7" };
      },
    } as unknown as D1Database;
    for (let isolate = 0; isolate < 5; isolate += 1) {
      const sessions = new ShardSessions(deps);
      const read = async () => (await sessions.open(SHARD, database, { isRead: true, mayLag: true })).end();
      await new ReadScope({ mayLag: true }).during(read);
    }
    expect(begun).toEqual(["first-primary", "7", "7", "7", "7"]);
  });
});

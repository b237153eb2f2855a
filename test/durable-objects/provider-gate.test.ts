import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { KEY_STRATEGIES } from "../../src/domain/gate/protocol/key-strategy.ts";
import type { StoredPart } from "../../src/domain/gate/authority/stored-part.ts";
import type { AcquireReply } from "../../src/domain/gate/protocol/messages.ts";
import { ProviderGate } from "../../src/durable-objects/provider-gate.ts";
import { keyOf, requestOf } from "../domain/gate/support.ts";

const SLOW = [keyOf("a", { rpm: 20 })];
const callsIn = (reply: AcquireReply) => reply.leases.reduce((sum, { requests }) => sum + (requests ?? 0), 0);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("ProviderGate", () => {
  it.each(KEY_STRATEGIES)(
    "follows the deployment's settings: KEY_STRATEGY %s, EXECUTOR_CONCURRENCY 7",
    async (strategy) => {
      const set = { ...env, KEY_STRATEGY: strategy, EXECUTOR_CONCURRENCY: "7" };
      vi.spyOn(Math, "random").mockReturnValue(0.5);
      const keys = [keyOf("first"), keyOf("second"), keyOf("third", { weight: 8 })];
      const stub = env.PROVIDER_GATE.getByName(`ten_${strategy}/openai`);
      await runInDurableObject(stub, async (_gate, state) => {
        const gate = new ProviderGate(state, set);
        const { leases } = await gate.acquire(requestOf(keys));
        const chosen = { least_busy: "first", fastest: "second", weighted: "third" }[strategy];
        expect(leases.map(({ key }) => key)).toEqual([chosen]);
        expect(gate.view(keys)).toMatchObject({ strategy, concurrency: { limit: 7, used: 1 } });
      });
    },
  );

  it("does not start with an invalid setting, and names it", () => {
    expect(() => readConfig({ ...env, KEY_STRATEGY: "cheapest" })).toThrow("KEY_STRATEGY");
    expect(() => readConfig({ ...env, EXECUTOR_CONCURRENCY: "0" })).toThrow("EXECUTOR_CONCURRENCY");
  });

  it("logs one line when a key is parked, without any secret", async () => {
    const lines = vi.spyOn(console, "error").mockReturnValue();
    const gate = env.PROVIDER_GATE.getByName("ten_parked/openai");
    await gate.view([keyOf("main")]);
    const refused = { kind: "refused", key: "main", model: "m", status: "credentials" } as const;
    const nothing = { holder: "w1", keys: [keyOf("main")], waiting: 0, renewals: [], reports: [] };
    await gate.settle({ ...nothing, outcomes: [refused, refused] });
    await gate.settle({ ...nothing, outcomes: [refused] });
    const parked = { level: "error", event: "provider_key_parked", tenant_id: "ten_parked", provider: "openai" };
    expect(lines.mock.calls).toEqual([[JSON.stringify({ ...parked, key: "main", status: "credentials" })]]);
  });

  it("grants leases, and shows them by key and lane", async () => {
    const gate = env.PROVIDER_GATE.getByName("ten_show/openai");
    const reply = await gate.acquire(requestOf(SLOW));
    expect(reply).toMatchObject({ refusal: null, leases: [{ key: "a", lane: "standard", requests: 1, slots: 1 }] });
    const view = await gate.view(SLOW);
    expect(view.keys[0]).toMatchObject({ requests: { limit: 20, used: 1 }, concurrency: { limit: null, used: 1 } });
    expect(view.lanes.standard.in_flight).toBe(1);
  });

  it("has branches, which lend what the root charged and store nothing", async () => {
    const branch = env.PROVIDER_GATE.getByName("ten_large/openai/weur-0");
    const reply = await branch.branchAcquire(requestOf(SLOW));
    expect(reply).toMatchObject({ refusal: null, leases: [{ key: "a", requests: 1, slots: 1 }] });
    const view = await env.PROVIDER_GATE.getByName("ten_large/openai").view(SLOW);
    expect(view.keys[0]).toMatchObject({ requests: { used: 1 }, concurrency: { used: 1 } });
    const tables = await runInDurableObject(branch, async (_gate, { storage }) => [
      storage.sql.exec("select name from sqlite_master where name not like '\\_cf%' escape '\\'").toArray(),
      await storage.getAlarm(),
    ]);
    expect(tables).toEqual([[], null]);
  });

  it("refuses as a root what only a branch does, and as a branch what only a root does", async () => {
    await runInDurableObject(env.PROVIDER_GATE.getByName("ten_roles/openai"), async (gate) => {
      await expect(gate.branchAcquire(requestOf(SLOW))).rejects.toThrow("no branch");
    });
    await runInDurableObject(env.PROVIDER_GATE.getByName("ten_roles/openai/weur-0"), async (gate) => {
      await expect(gate.acquire(requestOf(SLOW))).rejects.toThrow("no gate");
    });
  });

  it("keeps use and leases over an eviction, and grants nothing twice", async () => {
    const name = "ten_evicted/openai";
    const first = await env.PROVIDER_GATE.getByName(name).acquire(requestOf(SLOW));
    expect(callsIn(first)).toBe(1);
    await evictDurableObject(env.PROVIDER_GATE.getByName(name));
    const gate = env.PROVIDER_GATE.getByName(name);
    const second = await gate.acquire(requestOf(SLOW, { patience_ms: 0 }));
    expect([second.leases, second.refusal?.reason]).toEqual([[], "limited"]);
    expect((await gate.view(SLOW)).keys[0]).toMatchObject({ requests: { used: 1 }, concurrency: { used: 1 } });
  });

  it("keeps what it learned of a key, and the newest configuration, over an eviction", async () => {
    const name = "ten_learned/openai";
    const gateNow = () => env.PROVIDER_GATE.getByName(name);
    const at = (configured_at: number, rpm: number | null) => [keyOf("a", { rpm, configured_at })];
    const nothing = { holder: "w1", waiting: 0, renewals: [], reports: [] };
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 1, rpm: 90, tpm: 900 } as const;
    await gateNow().acquire(requestOf(at(1, null)));
    await gateNow().settle({ ...nothing, keys: at(1, null), outcomes: [limited] });
    await evictDurableObject(gateNow());
    const learned = await gateNow().view(at(1, null));
    expect(learned.keys[0]).toMatchObject({ requests: { limit: 90 }, tokens: { limit: 900 } });
    await gateNow().view(at(3, 30));
    await evictDurableObject(gateNow());
    expect((await gateNow().view(at(2, null))).keys[0]).toMatchObject({ requests: { limit: 30 } });
  });

  it("takes over the rows of the version before, which had one for each lease", async () => {
    const name = "ten_rows/openai";
    const gateNow = () => env.PROVIDER_GATE.getByName(name);
    const reply = await gateNow().acquire(requestOf(SLOW));
    await runInDurableObject(gateNow(), (_gate, { storage }) => {
      const { value } = storage.sql.exec<{ value: string }>("select value from ledger").one();
      const { leases, charges } = JSON.parse(value) as StoredPart;
      const key = { name: "a", cool_until: 0, parked_until: 0, parked_for: null, ...charges[0], key: undefined };
      storage.sql.exec("delete from ledger");
      storage.sql.exec("insert into keys values ('a', ?)", JSON.stringify(key));
      const { part: _part, ...lease } = leases[0] ?? {};
      storage.sql.exec("insert into leases values (?, ?)", reply.leases[0]?.id, JSON.stringify(lease));
    });
    for (let lives = 0; lives < 2; lives++) {
      await evictDurableObject(gateNow());
      expect((await gateNow().view(SLOW)).keys[0]).toMatchObject({ requests: { used: 1 }, concurrency: { used: 1 } });
    }
    const rows = await runInDurableObject(gateNow(), (_gate, { storage }) =>
      ["leases", "ledger"].map((table) => storage.sql.exec(`select * from ${table}`).toArray().length),
    );
    expect(rows).toEqual([0, 1]);
  });

  it("breaks pending calls when it is evicted, so that Workers ask again and are served", async () => {
    const name = "ten_waiting/openai";
    const keys = [keyOf("a", { rpm: 120 })];
    await env.PROVIDER_GATE.getByName(name).acquire(requestOf(keys, { waiting: 6 }));
    const waits = Array.from({ length: 2 }, async () => {
      for (let tries = 1; ; tries++) {
        try {
          const reply = await env.PROVIDER_GATE.getByName(name).acquire(requestOf(keys));
          if (callsIn(reply) > 0) return tries;
        } catch (error) {
          if (tries > 5) throw error;
        }
      }
    });
    const waiting = async () => (await env.PROVIDER_GATE.getByName(name).view(keys)).lanes.standard.waiting;
    await expect.poll(waiting).toBe(2);
    const crash = runInDurableObject(env.PROVIDER_GATE.getByName(name), (_gate, state) => state.abort("evicted"));
    await expect(crash).rejects.toThrow("evicted");
    expect(await Promise.all(waits)).toEqual([2, 2]);
    const { keys: shown } = await env.PROVIDER_GATE.getByName(name).view(keys);
    expect(shown[0]?.requests.used).toBe(8);
  });
});

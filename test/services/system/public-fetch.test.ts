import { describe, expect, it } from "vitest";
import { createPublicFetch, HostRefused, type ResolvedAddress } from "../../../src/services/system/public-fetch.ts";

/** A `fetch` over a resolver that knows these addresses; a name without any hangs for ever. */
function world(names: Record<string, string[] | Error>, ttl = 60) {
  const state = { now: 0, asked: [] as string[], sent: [] as string[], names, ttl };
  const publicFetch = createPublicFetch({
    now: () => state.now,
    trustedOrigins: ["https://inside.corp.example"],
    async fetch(url) {
      state.sent.push(url);
      return new Response("taken");
    },
    async resolve(name): Promise<ResolvedAddress[]> {
      state.asked.push(name);
      const known = state.names[name] ?? [];
      if (known instanceof Error) throw known;
      return known.map((address) => ({ address, ttl: state.ttl }));
    },
  });
  const refusal = async (url: string) =>
    publicFetch(url).then(
      () => null,
      (error: unknown) => (error instanceof HostRefused ? error.message : error),
    );
  return { state, publicFetch, refusal };
}

describe("a fetch for addresses that tenants choose", () => {
  it("reaches a name whose addresses are all public, aliases on the way apart", async () => {
    const { state, publicFetch } = world({ "a.example": ["cdn.example.", "1.1.1.1", "2606:4700::1111"] });
    expect(await (await publicFetch("https://a.example/x")).text()).toBe("taken");
    expect(state.sent).toEqual(["https://a.example/x"]);
  });

  it.each([
    ["a private address", ["10.0.0.1"], "leads to a private address"],
    ["a private address beside a public one", ["1.1.1.1", "169.254.169.254"], "leads to a private address"],
    ["an IPv6 address of this machine", ["1.1.1.1", "::1"], "leads to a private address"],
    ["no address", [], "leads to no address"],
    ["an alias that leads nowhere", ["gone.example."], "leads to no address"],
  ])("sends nothing to a name with %s", async (_what, addresses, reason) => {
    const { state, refusal } = world({ "a.example": addresses });
    expect(await refusal("https://a.example/")).toContain(reason);
    expect(state.sent).toEqual([]);
  });

  it("sends nothing where the resolver fails, and asks it again the next time", async () => {
    const { state, refusal } = world({ "a.example": new Error("BADRESP") });
    expect(await refusal("https://a.example/")).toBe("has a name that leads to no address now");
    state.names["a.example"] = ["1.1.1.1"];
    expect(await refusal("https://a.example/")).toBeNull();
  });

  it("believes a good answer for as long as it says, within half a minute and five minutes", async () => {
    for (const [ttl, keptMs] of [
      [0, 30_000],
      [60, 60_000],
      [86_400, 300_000],
    ] as const) {
      const { state, refusal } = world({ "a.example": ["1.1.1.1"] }, ttl);
      await refusal("https://a.example/");
      state.names["a.example"] = ["127.0.0.1"];
      state.now = keptMs - 1;
      expect(await refusal("https://a.example/")).toBeNull();
      state.now = keptMs;
      expect(await refusal("https://a.example/")).toContain("private");
      expect(state.asked).toEqual(["a.example", "a.example"]);
    }
  });

  it("is over when its caller gives up, while the resolver is still silent", async () => {
    const sent: string[] = [];
    const publicFetch = createPublicFetch({
      now: () => 0,
      trustedOrigins: [],
      async fetch(url) {
        sent.push(url);
        return new Response();
      },
      resolve: async () => new Promise(() => undefined),
    });
    const caller = new AbortController();
    const call = publicFetch("https://a.example/", { signal: caller.signal });
    const first = Promise.race([
      call.catch((error: unknown) => error),
      new Promise((resolve) => setImmediate(resolve, "it still waits")),
    ]);
    caller.abort(new Error("gone"));
    expect(await first).toEqual(new Error("gone"));
    expect(sent).toEqual([]);
  });

  it("leaves trusted origins and literal addresses to other rules", async () => {
    const { state, publicFetch } = world({});
    const urls = ["https://inside.corp.example/x", "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"];
    for (const url of urls) await publicFetch(url);
    expect([state.asked, state.sent]).toEqual([[], urls]);
  });
});

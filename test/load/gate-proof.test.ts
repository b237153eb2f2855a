import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { evictGates } from "../../load/proofs/gate/evictor.ts";
import { countEvictions, unanswered, usedIn } from "../../load/proofs/gate/verdict.ts";

describe("the used share of the limits", () => {
  const calls = [0, 10_000, 59_999, 60_000].map((at) => ({ at: 5_000 + at, ended_at: 5_000 + at + 30_000 }));

  it("is the calls of the first minute divided by the calls that the keys allow", () => {
    const keys = [
      { name: "a", rpm: 1 },
      { name: "b", rpm: 3 },
    ];
    expect(usedIn(calls, keys, 60_000)).toBe(3 / 4);
  });

  it("is the time of calls in flight for concurrency limits, where a call without an end is still in flight", () => {
    expect(usedIn(calls, [{ name: "a", atOnce: 2 }], 60_000)).toBe(60_001 / 120_000);
    expect(usedIn([{ at: 0, ended_at: null }], [{ name: "a", atOnce: 1 }], 60_000)).toBe(1);
  });
});

describe("evictions", () => {
  const eviction = (from: string, to: string, waiting: number) => ({
    ended: { id: from, waiting },
    begun: { id: to, waiting: 0 },
  });

  it("are counted with the clients that waited in the object", () => {
    const all = [eviction("1", "2", 4), eviction("2", "3", 0), eviction("3", "4", 2)];
    expect(countEvictions(all)).toEqual({ real: 3, waited: 2, broke: 6 });
  });

  it("are not counted where the object lives on, or where one life ends twice", () => {
    expect(countEvictions([eviction("1", "1", 4)])).toEqual({ real: 0, waited: 0, broke: 0 });
    expect(countEvictions([eviction("1", "2", 4), eviction("1", "3", 4)]).real).toBe(1);
  });
});

describe("an eviction over HTTP", () => {
  async function evictWith(listener: RequestListener) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    return evictGates(`http://127.0.0.1:${port}`).finally(() => server.close());
  }

  it("counts as none where the server is killed in the middle of its answer", async () => {
    const evictions = evictWith((_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write('[{"ended":', () => response.destroy());
    });
    expect(await evictions).toEqual([]);
  });

  it("fails where the server answers with an error", async () => {
    await expect(evictWith((_request, response) => void response.writeHead(500).end("no gate"))).rejects.toThrow(
      "no eviction: no gate",
    );
  });
});

describe("answers", () => {
  const seen = (status: number, retryAfter = false) => ({ status, retryAfter });
  const never = () => false;

  it("must be 200, or 429 with Retry-After", () => {
    expect(unanswered([seen(200), seen(429, true)], never)).toEqual([]);
    expect(unanswered([seen(429), seen(500), seen(503, true)], never)).toEqual([
      "3 callers not answered as they must be: 429 without Retry-After, 500, 503",
    ]);
  });

  it("may only be missing where the kill broke the connection", () => {
    expect(unanswered([seen(0)], never)).toHaveLength(1);
    expect(unanswered([seen(0)], () => true)).toEqual([]);
    expect(unanswered([seen(500)], () => true)).toHaveLength(1);
  });
});

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, ROOT_KEY } from "../support/api.ts";

interface Move {
  id: number;
  from: string;
  to: string;
  state: string;
  buckets: number[];
  cancel_requested: boolean;
}
interface Fault {
  code: string;
  detail: string;
  errors: { path: string; message: string }[];
}

const MOVES = "/v1/admin/shards/moves";

async function ask(json: unknown) {
  return call<{ data: Move[] } & Fault>("POST", MOVES, { key: ROOT_KEY, json });
}

async function cancel(id: number | string) {
  return call<Move & Fault>("POST", `${MOVES}/${id}/cancel`, { key: ROOT_KEY });
}

/** What the server has of a move, as the sweep would have left it. */
async function setState(id: number, state: string): Promise<void> {
  const set = "update shard_moves set state = ?, ended_at = 1 where epoch = ?";
  await env.DB_SHARD_0.prepare(set).bind(state, id).run();
}

/** Ends moves of other files, which would keep those of this one waiting. */
beforeAll(async () => {
  await env.DB_SHARD_0.prepare("update shard_moves set state = 'cancelled', ended_at = 1 where state <> 'done'").run();
});

describe("moves of buckets", () => {
  it.each([
    ["a shard that there is not", { to: "DB_SHARD_9", buckets: [0] }, "to"],
    ["no buckets", { to: "DB_SHARD_3" }, "buckets"],
    ["buckets and a share", { to: "DB_SHARD_3", buckets: [0], fraction: 0.1 }, "buckets"],
    ["a bucket that there is not", { to: "DB_SHARD_3", buckets: [0, 1_024] }, "buckets.1"],
    ["a share over one", { to: "DB_SHARD_3", fraction: 1.1 }, "fraction"],
    ["a field that there is not", { to: "DB_SHARD_3", buckets: [0], from: "DB_SHARD_0" }, "from"],
  ])("are refused for %s, with the field", async (_, body, path) => {
    const { status, json } = await ask(body);
    expect([status, json.errors.map((error) => error.path)]).toEqual([422, [path]]);
  });

  it("are refused for buckets that the shard has already", async () => {
    const { json } = await ask({ to: "DB_SHARD_3", buckets: [0, 1, 2, 3, 4, 5, 6, 7] });
    const rest = [0, 1, 2, 3, 4, 5, 6, 7].filter(
      (bucket) => !json.data.some(({ buckets }) => buckets.includes(bucket)),
    );
    const { status, json: fault } = await ask({ to: "DB_SHARD_3", buckets: rest });
    expect([status, fault.errors[0]]).toEqual([
      422,
      { path: "buckets", message: "names only buckets that DB_SHARD_3 has already" },
    ]);
    for (const { id } of json.data) await setState(id, "cancelled");
  });

  it("are refused while one of the buckets moves, which can be cancelled until its flip", async () => {
    const first = await ask({ to: "DB_SHARD_3", buckets: [100, 101, 102, 103] });
    expect(first.status).toBe(202);
    const [move] = first.json.data;
    if (!move) throw new Error("nothing moves");
    const again = await ask({ to: "DB_SHARD_3", buckets: [...move.buckets.slice(0, 1), 500, 501, 502] });
    const other = await ask({ to: "DB_SHARD_3", buckets: move.buckets });
    expect([again.status, other.status, other.json.code]).toEqual([409, 409, "conflict"]);
    const cancelled = await cancel(move.id);
    expect([cancelled.status, cancelled.json.cancel_requested]).toEqual([202, true]);
    await setState(move.id, "draining");
    const late = await cancel(move.id);
    expect([late.status, late.json.detail]).toEqual([409, "The move is draining: another move takes it back."]);
    for (const { id } of first.json.data) await setState(id, "cancelled");
  });

  it("go on where they are halted and just their buckets are asked for once more", async () => {
    const { json } = await ask({ to: "DB_SHARD_3", buckets: [200, 201, 202, 203] });
    const [move] = json.data;
    if (!move) throw new Error("nothing moves");
    await setState(move.id, "halted");
    const elsewhere = await ask({ to: "DB_SHARD_3", buckets: [...move.buckets, 204, 205, 206] });
    expect([elsewhere.status, elsewhere.json.code]).toEqual([409, "conflict"]);
    const stopped = await cancel(move.id);
    expect([stopped.status, stopped.json.detail]).toEqual([
      409,
      "The move is halted: ask for its buckets once more, and it goes on.",
    ]);
    const resumed = await ask({ to: move.to, buckets: move.buckets.toReversed() });
    expect([resumed.status, resumed.json.data]).toMatchObject([202, [{ id: move.id, state: "deleting" }]]);
    for (const { id } of json.data) await setState(id, "done");
  });

  it.each([
    ["an id that no move has", 999_999, 404, "not_found"],
    ["what is no id", "first", 422, "validation_error"],
  ])("are not cancelled by %s", async (_, id, status, code) => {
    const reply = await cancel(id);
    expect([reply.status, reply.json.code]).toEqual([status, code]);
  });
});

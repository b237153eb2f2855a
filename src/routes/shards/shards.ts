import * as z from "zod";
import { BUCKETS } from "../../domain/shard.ts";
import { MOVE_STATES } from "../../domain/shards/shard-move.ts";
import type { ShardsState } from "../../services/shards/read-shards.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";

const count = z.int();
const time = z.string().nullable();

const moveView = z.object({
  id: count.describe("Its epoch"),
  from: z.string(),
  to: z.string(),
  state: z.enum(MOVE_STATES),
  cancel_requested: z.boolean(),
  buckets: z.array(count),
  rows_copied: count,
  rows_verified: count.describe("Rows that were the same on both sides, in the last comparison"),
  rows_recopied: count.describe("Rows that differed although nobody had changed them"),
  rows_deleted: count,
  checksum: z.string().nullable().describe("Of the rows that were the same on both sides, in any order"),
  closings: count.describe("How often writes were held back"),
  closed_ms: count.nullable().describe("How long the last time was, which ended with the flip"),
  detail: z.string().nullable().describe("Why it is halted, or by what its last failed step failed"),
  created_at: z.string(),
  flipped_at: time,
  ended_at: time,
});

const shardView = z.object({
  name: z.string(),
  buckets: count.describe("Those that it answers for"),
  rows: count.describe("With copies that are not valid yet, or not any more"),
  bytes: count,
});

type Move = ShardsState["moves"][number];

function toView(move: Move): z.infer<typeof moveView> {
  const { position: _position, token: _token, lease_until: _lease, epoch, source, target, ...view } = move;
  const optional = (ms: number | null) => (ms === null ? null : rfc3339(ms));
  return {
    ...view,
    id: epoch,
    from: source,
    to: target,
    created_at: rfc3339(move.created_at),
    flipped_at: optional(move.flipped_at),
    ended_at: optional(move.ended_at),
  };
}

const startMoves = securedRoute("root", {
  method: "post",
  path: "/v1/admin/shards/moves",
  summary: "Move buckets to another shard",
  request: {
    body: json(
      z
        .strictObject({
          to: z.string().max(64).describe("The name of the shard's binding, such as `DB_SHARD_4`"),
          buckets: z
            .array(
              z
                .int()
                .min(0)
                .max(BUCKETS - 1),
            )
            .min(1)
            .max(BUCKETS)
            .optional(),
          fraction: z.number().gt(0).max(1).optional().describe("The share of all buckets that it has afterwards"),
        })
        .refine(({ buckets, fraction }) => (buckets === undefined) !== (fraction === undefined), {
          path: ["buckets"],
          message: "must be given, or else `fraction`, and not both",
        }),
      "The buckets, or a share of all, and where to",
    ),
  },
  responses: {
    202: json(
      z.object({ data: z.array(moveView) }),
      "One move for each shard that has some of the buckets, or the halted move of just these, which goes on",
    ),
  },
});

const cancelMove = securedRoute("root", {
  method: "post",
  path: "/v1/admin/shards/moves/{id}/cancel",
  summary: "Take a move back before its flip",
  request: { params: z.object({ id: z.coerce.number().int().min(1) }) },
  responses: { 202: json(moveView, "The move, which will be cancelled unless it flips before") },
});

const readShards = securedRoute("root", {
  method: "get",
  path: "/v1/admin/shards",
  summary: "The shards, what they hold, and the moves between them",
  responses: {
    200: json(
      z.object({
        epoch: count.describe("The newest epoch in which a bucket changed its shard; 0 where none has"),
        shards: z.array(shardView),
        moves: z.array(moveView).describe("Those under way, and the newest others"),
      }),
      "The shards",
    ),
  },
});

/** Moves of buckets between the D1 databases, for the root key. */
export const shardRoutes = createRouter();

shardRoutes.openapi(startMoves, async (c) => {
  const { to, buckets, fraction = 0 } = c.req.valid("json");
  const moves = await c.get("services").startMoves(buckets ? { to, buckets } : { to, fraction });
  return c.json({ data: moves.map(toView) }, 202);
});

shardRoutes.openapi(cancelMove, async (c) => {
  return c.json(toView(await c.get("services").cancelMove(c.req.valid("param").id)), 202);
});

shardRoutes.openapi(readShards, async (c) => {
  const { epoch, shards, moves } = await c.get("services").readShards();
  return c.json({ epoch, shards, moves: moves.map(toView) }, 200);
});

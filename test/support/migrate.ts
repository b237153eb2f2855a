import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

const shards = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
await Promise.all(shards.map(async (shard) => applyD1Migrations(shard, env.MIGRATIONS)));

import { env } from "cloudflare:workers";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import { createShards } from "../../src/storage/shards.ts";

const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;

/** The shards of the test environment. */
export const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });

/** The ledger object of a tenant's share. */
export const ledgerOf = (tenantId: string, share: number) => env.LEDGER.getByName(`${tenantId}/${share}`);

/** The executions of the test environment. */
export const executions = new ExecutionRepository({ shards, ledgerOf });

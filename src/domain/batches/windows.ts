import type { Lane } from "../lane.ts";

/**
 * Groups that a tenant may have awake in each lane: in the queue or at a consumer. Its other groups
 * wait in the database, so that they do not stand before other tenants in the queue. A consumer
 * runs one group, so a tenant holds at most a fifth of a lane's consumers (`max_concurrency` in
 * wrangler.toml). In the batch lane 25 groups run up to 150 items at a time: with the pauses at the
 * ends of turns that keeps the 100 calls busy which the gate admits (`EXECUTOR_CONCURRENCY`).
 */
export const WINDOWS: Readonly<Record<Lane, number>> = { high: 20, standard: 50, batch: 25 };

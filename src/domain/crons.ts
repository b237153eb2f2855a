/** The cron of most duties. */
export const SWEEP_CRON = "* * * * *";

/**
 * The crons of runs and of moves of buckets, which take turns minute by minute. They are an
 * invocation of their own: each has 1,000 D1 statements, every sweep asks every shard, and a step of
 * a move takes hundreds.
 */
export const RUN_CRONS: readonly string[] = ["*/2 * * * *", "1-59/2 * * * *"];

import type { ShardAccess } from "./shard-sessions.ts";

/** A row of `bucket_guards`: why a shard does not answer for a bucket. */
export interface BucketGuard {
  bucket: number;
  state: "arriving" | "closed" | "moved";
  peer: string;
  epoch: number;
  until: number;
}

/** A move of buckets, as guards know it. */
export interface GuardedMove {
  epoch: number;
  source: string;
  target: string;
  buckets: readonly number[];
}

const IN_LIST = "bucket in (select value from json_each(?))";
const COLUMNS = "bucket, state, peer, epoch, until";

/**
 * The first statement of a batch that reads: gives every bucket that moved or is arriving on this
 * shard, if one of those in the list is among them.
 */
export function readGuard(db: ShardAccess, buckets: readonly number[]): D1PreparedStatement {
  const [only] = buckets;
  if (buckets.length === 1 && only !== undefined) return db.prepare(READ_ONE).bind(only);
  return db.prepare(READ_MANY).bind(JSON.stringify(buckets));
}

const READ_ONE = `select ${COLUMNS} from bucket_guards
  where state <> 'closed' and exists (select 1 from bucket_guards where bucket = ? and state <> 'closed')`;
const READ_MANY = `select ${COLUMNS} from bucket_guards
  where state <> 'closed' and exists (select 1 from bucket_guards where state <> 'closed' and ${IN_LIST})`;

/**
 * The first statement of a batch that writes: violates a constraint, and so undoes the batch, if a
 * bucket has a guard.
 */
export function writeGuard(db: ShardAccess, buckets: readonly number[]): D1PreparedStatement {
  const [only] = buckets;
  if (buckets.length === 1 && only !== undefined) return db.prepare(WRITE_ONE).bind(only);
  return db.prepare(WRITE_MANY).bind(JSON.stringify(buckets));
}

const FAIL = "insert into bucket_guards (bucket, state, peer, epoch, token, until) select null, null, null, 0, '', 0";
const WRITE_ONE = `${FAIL} from bucket_guards where bucket = ?`;
const WRITE_MANY = `${FAIL} from bucket_guards where ${IN_LIST}`;

/** Whether an error is that of {@link writeGuard}. */
export function isGuardFailure(error: unknown): boolean {
  return error instanceof Error && /NOT NULL constraint failed: bucket_guards\./.test(error.message);
}

/** All guards of a shard. */
export async function listGuards(db: D1Database): Promise<BucketGuard[]> {
  const { results } = await db.prepare(`select ${COLUMNS} from bucket_guards order by bucket`).all<BucketGuard>();
  return results;
}

/** Reopens buckets that are closed for longer than they may be. */
export async function reopenExpired(db: D1Database, buckets: readonly number[], now: number): Promise<void> {
  const expired = `from bucket_guards where state = 'closed' and until < ? and ${IN_LIST}`;
  const list = JSON.stringify(buckets);
  await db.batch([
    db.prepare(`delete from foreign_tenants where epoch in (select epoch ${expired})`).bind(now, list),
    db.prepare(`delete ${expired}`).bind(now, list),
  ]);
}

/** Makes a move's target valid, once the flip is committed on its source. May be repeated. */
export async function openTarget(target: D1Database, epoch: number): Promise<void> {
  await target.batch([
    target.prepare("delete from bucket_guards where state = 'arriving' and epoch = ?").bind(epoch),
    target.prepare("delete from foreign_tenants where epoch = ?").bind(epoch),
    endFence(target, epoch),
  ]);
}

/**
 * Makes the copies on a move's target invisible before there are any. Done once for each epoch:
 * who comes late changes nothing.
 */
export async function prepareTarget(target: D1Database, move: GuardedMove, token: string): Promise<void> {
  const { epoch, source, buckets } = move;
  const arriving = `insert into bucket_guards (bucket, state, peer, epoch, token, until)
    select value, 'arriving', ?, ?, '', 0 from json_each(?) where not exists (select 1 from shard_fences where epoch = ?)
    on conflict (bucket) do update set state = excluded.state, peer = excluded.peer, epoch = excluded.epoch`;
  await target.batch([
    target.prepare(arriving).bind(source, epoch, JSON.stringify(buckets), epoch),
    ...raiseFence(target, epoch, token),
  ]);
}

/** Lets only the worker with this token work on a move on its source. */
export async function prepareSource(source: D1Database, epoch: number, token: string): Promise<void> {
  await source.batch(raiseFence(source, epoch, token));
}

/** Takes over from another worker that may still believe to have a move. */
export async function takeFence(db: D1Database, epoch: number, token: string): Promise<void> {
  await db.prepare("update shard_fences set token = ? where epoch = ? and token <> ''").bind(token, epoch).run();
}

/** A fence with the worker's token, unless the work is over here. */
function raiseFence(db: D1Database, epoch: number, token: string): D1PreparedStatement[] {
  return [
    db.prepare("insert into shard_fences (epoch, token) values (?, ?) on conflict do nothing").bind(epoch, token),
    db.prepare("update shard_fences set token = ? where epoch = ? and token <> ''").bind(token, epoch),
  ];
}

/** The work on a move is over here: the row stays, so that nobody begins anew. */
function endFence(db: D1Database, epoch: number): D1PreparedStatement {
  return db.prepare("update shard_fences set token = '' where epoch = ?").bind(epoch);
}

/** The first statement of a batch of a mover: undoes it where another worker has the move. */
export function checkFence(db: D1Database, epoch: number, token: string): D1PreparedStatement {
  const fail = `insert into shard_fences (epoch, token) select null, null
    where not exists (select 1 from shard_fences where epoch = ? and token = ?)`;
  return db.prepare(fail).bind(epoch, token);
}

/** The first statement of a deletion on the source: undoes it unless all buckets left with a move. */
export function checkMoved(source: D1Database, { epoch, buckets }: GuardedMove): D1PreparedStatement {
  const fail = `insert into shard_fences (epoch, token) select null, null
    where (select count(*) from bucket_guards where state = 'moved' and epoch = ?) <> ?`;
  return source.prepare(fail).bind(epoch, buckets.length);
}

/** Whether an error is that of {@link checkFence} or {@link checkMoved}. */
export function isFenceFailure(error: unknown): boolean {
  return error instanceof Error && /NOT NULL constraint failed: shard_fences\./.test(error.message);
}

/** Closes buckets of the source for writes, until a time at the latest. */
export async function closeSource(source: D1Database, move: GuardedMove, token: string, until: number): Promise<void> {
  const { epoch, target, buckets } = move;
  const closed = `insert into bucket_guards (bucket, state, peer, epoch, token, until)
    select value, 'closed', ?, ?, ?, ? from json_each(?) where true
    on conflict (bucket) do update set token = excluded.token, until = excluded.until where state = 'closed'`;
  await source.batch([
    checkFence(source, epoch, token),
    source.prepare(closed).bind(target, epoch, token, until, JSON.stringify(buckets)),
  ]);
}

/** Has the sweeps leave the rows of some tenants of a closed source as they are. */
export async function markForeign(source: D1Database, epoch: number, tenants: readonly string[]): Promise<void> {
  const mark = `insert into foreign_tenants (tenant_id, epoch) select value, ?1 from json_each(?2)
    where exists (select 1 from bucket_guards where state = 'closed' and epoch = ?1)
    on conflict (tenant_id) do update set epoch = excluded.epoch`;
  await source.prepare(mark).bind(epoch, JSON.stringify(tenants)).run();
}

/** Takes back what {@link closeSource} did, unless the move has flipped. */
export async function reopenSource(source: D1Database, epoch: number): Promise<void> {
  const isClosed = "exists (select 1 from bucket_guards where state = 'closed' and epoch = ?1)";
  await source.batch([
    source.prepare(`delete from foreign_tenants where epoch = ?1 and ${isClosed}`).bind(epoch),
    source.prepare("delete from bucket_guards where state = 'closed' and epoch = ?").bind(epoch),
  ]);
}

/**
 * The flip: from here on the target answers. One transaction on the source, which changes nothing
 * unless every bucket is still closed under this token. Returns whether the move has flipped, be it
 * now or before.
 */
export async function flipSource(source: D1Database, move: GuardedMove, token: string): Promise<boolean> {
  const { epoch, buckets } = move;
  const held = "(select count(*) from bucket_guards where state = 'closed' and epoch = ?1 and token = ?2) = ?3";
  const flip = `update bucket_guards set state = 'moved' where state = 'closed' and epoch = ?1 and ${held}`;
  const [, moved] = await source.batch([
    source.prepare(flip).bind(epoch, token, buckets.length),
    source.prepare(ONE_MOVED).bind(epoch),
  ]);
  return moved?.results.length === 1;
}

const ONE_MOVED = "select 1 from bucket_guards where state = 'moved' and epoch = ? limit 1";

/** Whether the source of a move has handed its buckets over. */
export async function hasFlipped(source: D1Database, { epoch }: Pick<GuardedMove, "epoch">): Promise<boolean> {
  const { results } = await source.prepare(ONE_MOVED).bind(epoch).all();
  return results.length > 0;
}

/** Ends the source's part of a move: nobody may work on it here any more. */
export async function releaseSource(source: D1Database, epoch: number): Promise<void> {
  await source.batch([
    source.prepare("delete from foreign_tenants where epoch = ?").bind(epoch),
    endFence(source, epoch),
  ]);
}

/**
 * Has the target forget a move that was cancelled. That the buckets are on the source is true,
 * whatever was here before.
 */
export async function withdrawTarget(target: D1Database, epoch: number): Promise<void> {
  await target.batch([
    target.prepare("update bucket_guards set state = 'moved' where state = 'arriving' and epoch = ?").bind(epoch),
    target.prepare("delete from foreign_tenants where epoch = ?").bind(epoch),
    endFence(target, epoch),
  ]);
}

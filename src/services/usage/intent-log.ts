import { AppError } from "../../domain/errors.ts";
import type { Intent, IntentBlock, ResolveIntents } from "../../domain/executions/intent.ts";
import type { LedgerObject } from "../../domain/ledger/ledger-messages.ts";
import { areNeighbours, shareOf, standInFor } from "../../domain/ledger/shares.ts";
import type { Clock } from "../../lib/clock.ts";
import { withPatience } from "../../lib/deadline.ts";
import { byteLength } from "../../lib/encoding.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { WaitingRecords } from "./waiting-records.ts";
import { isRowFault } from "./write-records.ts";

/** What {@link IntentLog} needs. */
export interface IntentLogDeps extends Clock {
  /** The object of a share of a tenant's executions. */
  ledgerOf(tenantId: string, share: number): Pick<LedgerObject, "intend">;
  /** Records that have ended, which travel with intents. */
  waiting: Pick<WaitingRecords, "takeAlong">;
  queue: { send(message: ResolveIntents, options: { delaySeconds: number }): Promise<unknown> };
  /** Continues work although the request that began it has ended. */
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
  onFault(event: string, error: unknown, ids: Record<string, string>): void;
  /** How long after an execution's last moment its record may still be on its way, ms. */
  marginMs: number;
}

/** A block that other executions of the tenant may still join: `waiting` are those that did. */
interface OpenBlock {
  /** That of its first intent, whose object it goes to. */
  share: number;
  /** Whether it waits for a late block of its share, and takes no intents of others meanwhile. */
  isHeld: boolean;
  /** After this time its sender has sent it, or was lost. */
  openUntil: number;
  dueAt: number;
  intents: Intent[];
  waiting: Array<(failure: AppError | null) => void>;
}

/** An isolate's dealings with one tenant's intents. Times in Unix ms. */
interface TenantIntents {
  open: OpenBlock | null;
  sentAt: number;
  /** The blocks that are being stored: since when. */
  underWay: Map<OpenBlock, number>;
  /** How long the quickest one of each share took, ms, because the way to it may be long. */
  quickestMs: Map<number, number>;
  /** For each share whose object does not answer: when it is asked again. */
  avoidUntil: Map<number, number>;
}

/** Tenants that an isolate knows at a time. */
const MAX_TENANTS = 10_000;
/** The most intents of a block: their texts are bounded, so it fits a row of an object. */
const MAX_BLOCK = 100;
/** The most bytes of intents in a queue message, which holds 128 KB. */
const MAX_MESSAGE_BYTES = 90_000;
/** How long a block waits for more where another one was sent just before, ms. */
const GATHER_MS = 4;
/**
 * While a block has been under way for longer than twice the quickest one of its share, within these
 * bounds, ms, the next ones of the share wait for its end and grow: an object that has more to do
 * than it can is asked less often.
 */
const LATE_MS = { least: 100, most: 250 };
/** How often they look whether it has ended, ms. */
const LOOK_MS = 10;
/** How long the object, then another one, and then the queue may take, ms each. */
const ANSWER_WITHIN_MS = 1_000;
/** How long an object that failed is not asked, ms. */
const AVOID_MS = 5_000;
/** A block that is not stored after this time, ms, ended with the request that was to send it. */
const LOST_AFTER_MS = 4 * ANSWER_WITHIN_MS + 500;

/**
 * Makes intents durable before money is spent: one row for all executions of a tenant that begin
 * together in this isolate, in the ledger object of the first one, which is that of the others,
 * too, as their ids are made so. Records of executions that have ended travel with them. Where it
 * fails, the next share's object keeps the intents until they are due, and tells the first. Where
 * both fail, they go to the usage queue, delayed until they are due. Where that fails, too, nothing
 * is called: a call that no store knows of could be paid and never be counted.
 */
export class IntentLog {
  readonly #deps: IntentLogDeps;
  readonly #tenants = new LruMap<string, TenantIntents>({
    maxEntries: MAX_TENANTS,
    mayEvict: ({ open }) => open === null,
  });

  constructor(deps: IntentLogDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the intent is durable. `endsBy` is the execution's last moment, Unix ms. Throws
   * AppError `provider_overloaded` where it cannot be made durable.
   */
  async append(tenantId: string, intent: Intent, endsBy: number): Promise<void> {
    const dueAt = endsBy + this.#deps.marginMs;
    const now = this.#deps.now();
    const tenant = this.#tenantOf(tenantId);
    const { open } = tenant;
    let stored: Promise<AppError | null>;
    if (open && hasRoom(open, now) && mayJoin(open, intent)) {
      stored = withPatience(join(open, intent, dueAt), LOST_AFTER_MS, () => new Error("lost")).catch(async () =>
        this.#store(tenantId, shareOf(intent.id), { intents: [intent], dueAt }),
      );
    } else {
      const place = { share: shareOf(intent.id), isHeld: false, openUntil: now + 2 * GATHER_MS };
      tenant.open = { ...place, dueAt, intents: [intent], waiting: [] };
      stored = this.#send(tenantId, tenant, tenant.open, now - tenant.sentAt < GATHER_MS ? GATHER_MS : 0);
      this.#deps.defer(stored);
    }
    const failure = await stored;
    if (failure) throw failure;
  }

  /** Stores a block soon, and tells those who joined it. */
  async #send(tenantId: string, tenant: TenantIntents, block: OpenBlock, gatherMs: number): Promise<AppError | null> {
    if (gatherMs > 0) await this.#deps.sleep(gatherMs);
    if (isLate(tenant, block.share, this.#deps.now())) await this.#waitForLate(tenant, block);
    if (tenant.open === block) tenant.open = null;
    tenant.sentAt = this.#deps.now();
    tenant.underWay.set(block, tenant.sentAt);
    const failure = await this.#store(tenantId, block.share, block);
    tenant.underWay.delete(block);
    for (const resolve of block.waiting) resolve(failure);
    return failure;
  }

  /** Keeps a block open while another one of its share is late, for as long as that may take. */
  async #waitForLate(tenant: TenantIntents, block: OpenBlock): Promise<void> {
    const deps = this.#deps;
    const until = deps.now() + ANSWER_WITHIN_MS;
    block.isHeld = true;
    while (deps.now() < until && block.intents.length < MAX_BLOCK && isLate(tenant, block.share, deps.now())) {
      block.openUntil = deps.now() + 2 * LOOK_MS;
      await deps.sleep(LOOK_MS);
    }
  }

  /** Stores intents of a share in an object or on the queue. Returns the failure where none takes them. */
  async #store(
    tenant_id: string,
    share: number,
    { intents, dueAt: due_at }: Pick<OpenBlock, "intents" | "dueAt">,
  ): Promise<AppError | null> {
    const deps = this.#deps;
    const { avoidUntil, quickestMs } = this.#tenantOf(tenant_id);
    for (const isStandIn of [false, true]) {
      const each = isStandIn ? standInFor(intents[0]?.id ?? "") : share;
      if ((avoidUntil.get(each) ?? 0) > deps.now()) continue;
      const askedAt = deps.now();
      try {
        await this.#intend(each, { tenant_id, due_at, intents });
        quickestMs.set(each, Math.min(quickestMs.get(each) ?? Infinity, deps.now() - askedAt));
        return null;
      } catch (error) {
        avoidUntil.set(each, deps.now() + AVOID_MS);
        deps.onFault("intents_diverted", error, { tenant_id, share: String(each) });
      }
    }
    try {
      const delaySeconds = Math.max(0, Math.ceil((due_at - deps.now()) / 1000));
      const messages = chunksOf(intents).map(
        (some) => ({ type: "resolve-intents", tenant_id, intents: some }) as const,
      );
      await within(Promise.all(messages.map(async (message) => deps.queue.send(message, { delaySeconds }))));
      return null;
    } catch (error) {
      deps.onFault("intents_refused", error, { tenant_id });
      return new AppError("provider_overloaded", "Nothing was called, because the call could not be put on record.", {
        retryable: true,
        retryAfterMs: ANSWER_WITHIN_MS,
        cause: error,
      });
    }
  }

  /**
   * Gives a block to an object, and the records that wait for it. Where one of them cannot be
   * written, the intents go without.
   */
  async #intend(share: number, block: IntentBlock): Promise<void> {
    const ledger = this.#deps.ledgerOf(block.tenant_id, share);
    const along = this.#deps.waiting.takeAlong(block.tenant_id, share);
    try {
      along.settle((await within(ledger.intend(block, along.entries))) === "recorded");
    } catch (error) {
      along.settle(false);
      if (along.entries.length === 0 || !isRowFault(error)) throw error;
      await within(ledger.intend(block));
    }
  }

  #tenantOf(tenantId: string): TenantIntents {
    let tenant = this.#tenants.get(tenantId);
    if (!tenant) this.#tenants.set(tenantId, (tenant = newTenant()));
    return tenant;
  }
}

/**
 * Adds an intent to an open block. Settles once the block is stored, unless its sender vanishes.
 */
async function join(block: OpenBlock, intent: Intent, dueAt: number): Promise<AppError | null> {
  const { promise, resolve } = Promise.withResolvers<AppError | null>();
  block.intents.push(intent);
  block.dueAt = Math.max(block.dueAt, dueAt);
  block.waiting.push(resolve);
  return promise;
}

async function within<T>(work: Promise<T>): Promise<T> {
  return withPatience(work, ANSWER_WITHIN_MS, () => new Error(`no answer within ${ANSWER_WITHIN_MS} ms`));
}

function newTenant(): TenantIntents {
  return { open: null, sentAt: 0, underWay: new Map(), quickestMs: new Map(), avoidUntil: new Map() };
}

/** A block that should have been sent by now lost the request that was to send it. */
function hasRoom({ openUntil, intents }: OpenBlock, now: number): boolean {
  return intents.length < MAX_BLOCK && now <= openUntil;
}

/**
 * Whether an intent is found in the block's object, and waits there for no other one than its own.
 */
function mayJoin({ share, isHeld, intents }: OpenBlock, { id }: Intent): boolean {
  return areNeighbours(intents[0]?.id ?? "", id) && (!isHeld || shareOf(id) === share);
}

/** Whether a block of a share is under way for long; one that is for too long lost its request. */
function isLate({ underWay, quickestMs }: TenantIntents, share: number, now: number): boolean {
  const lateMs = Math.min(Math.max(2 * (quickestMs.get(share) ?? 0), LATE_MS.least), LATE_MS.most);
  for (const [block, since] of underWay) {
    if (now - since >= LOST_AFTER_MS) underWay.delete(block);
    else if (block.share === share && now - since > lateMs) return true;
  }
  return false;
}

/** Divides intents so that each message can carry its own. */
function chunksOf(intents: readonly Intent[]): Intent[][] {
  const chunks: Intent[][] = [];
  let room = 0;
  for (const intent of intents) {
    const bytes = byteLength(JSON.stringify(intent));
    if (bytes > room) {
      chunks.push([]);
      room = MAX_MESSAGE_BYTES;
    }
    chunks.at(-1)?.push(intent);
    room -= bytes;
  }
  return chunks;
}

import { createNearbyNotes } from "../../src/cache/nearby-notes.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { RecordEntry } from "../../src/cache/record-copy.ts";
import { type Staleness, TieredRecordCache } from "../../src/cache/records.ts";
import type { PromptPointer } from "../../src/domain/prompts/label.ts";
import { promptKey } from "../../src/domain/shard.ts";
import { pointerKey } from "../../src/services/prompts/prompt-records.ts";
import { resolvePrompt, type ResolvedPrompt } from "../../src/services/prompts/resolve-prompt.ts";
import { OwnWrites } from "../../src/services/system/own-writes.ts";
import type { ProviderKey } from "../../src/services/tenants/provider-keys.ts";
import type { TenantRecord } from "../../src/services/tenants/tenant-records.ts";
import type { NearbyState } from "../../src/storage/nearby-states.ts";
import { readDated } from "../../src/storage/read-scope.ts";
import { ShardSessions } from "../../src/storage/shard-sessions.ts";
import type { Place } from "./places.ts";
import type { Tenant } from "./population.ts";
import { POINTER_OF_ONE, versionOf } from "./prompts.ts";
import type { ScaleWorld } from "./scale-world.ts";

/** The settings of the deployment, as in wrangler.toml. */
const POINTER_BOUND_MS = 30_000;
const LAST_GOOD_MS = 86_400_000;
/** The record of a tenant's epoch never changes; its API key's copies tell the epoch. */
const TENANT: Staleness = { freshMs: 3_600_000, boundMs: Infinity, lastGoodMs: Infinity };
/** How long a data centre keeps the state of a shard, s. */
const STATE_S = 60;
const MEMORY = { entries: 1_000, bytes: 24 * 1024 * 1024 };
/** What a copy may be older than its bound: the source is asked then, and may take a while. */
const LATE_MS = 5_000;

/** A row that is read or written. */
interface Row {
  key: string;
  shard: string;
  weight: number;
}

/** What an isolate knows of tenants and prompts: its record cache over the shards and their replicas. */
export class IsolateRecords {
  readonly #world: ScaleWorld;
  readonly #place: Place;
  readonly #cache: TieredRecordCache;
  readonly #sessions: ShardSessions;
  readonly #ownWrites: OwnWrites;
  readonly #pointers: Staleness;

  constructor(world: ScaleWorld, place: Place) {
    const { clock, random } = world.ground;
    const now = () => clock.now();
    const defer = (work: Promise<unknown>) => void work.catch(() => undefined);
    const edge = world.edgeOf(place);
    const roll = () => random.unit();
    this.#world = world;
    this.#place = place;
    this.#cache = new TieredRecordCache({
      now,
      defer,
      random: roll,
      edge,
      kv: world.kv.tierFor(place.name),
      memory: createMemoryTier<RecordEntry>(MEMORY),
      readDated,
    });
    const { maxLagMs } = world.databases;
    const nearby = world.sharesBookmarks
      ? createNearbyNotes<NearbyState>({ edge, now, defer }, "shard-state", STATE_S)
      : undefined;
    this.#sessions = new ShardSessions({ now, sleep: async (ms) => clock.sleep(ms), maxLagMs, nearby });
    this.#ownWrites = new OwnWrites({ now, pepper: "the pepper of this world" });
    this.#pointers = { freshMs: world.pointerFreshMs, boundMs: POINTER_BOUND_MS, lastGoodMs: LAST_GOOD_MS };
  }

  async authenticate({ id, key_weight: weight }: Tenant): Promise<void> {
    const row = { key: `key/${id}`, shard: this.#world.databases.shardOf(id), weight };
    const load = async () => {
      await this.#read(row);
      return { id: "key_1", tenant_id: id };
    };
    const { tier } = await this.#cache.read(row.key, { staleness: this.#pointers, mayLag: true, load });
    this.#world.tally.addTier(tier);
  }

  async tenant({ id, key_weight: weight, budgets }: Tenant): Promise<TenantRecord> {
    const row = { key: `tenant/${id}`, shard: this.#world.databases.shardOf(id), weight };
    const load = async () => {
      await this.#read(row);
      const record = { read_at: this.#world.ground.clock.now(), budget_scopes: budgets.map(({ scope }) => scope) };
      return record as TenantRecord;
    };
    const { value } = await this.#cache.read(row.key, { staleness: TENANT, load });
    if (!value) throw new Error(`no tenant ${id}`);
    return value;
  }

  async keysFor(tenantId: string, provider: string): Promise<ProviderKey[]> {
    const tenant = this.#world.tenant(tenantId);
    const { read_at: configured_at } = await this.tenant(tenant);
    return provider === "openai" ? tenant.keys.map((key) => ({ ...key, configured_at })) : [];
  }

  async resolve(...[tenantId, reference, roll, revalidate]: ResolveInput): Promise<ResolvedPrompt> {
    const { databases, ground } = this.#world;
    const prompts = {
      pointer: async (_tenant: string, prompt: string) => pointerOf(await this.#read(this.#pointer(tenantId, prompt))),
      version: async (_tenant: string, prompt: string, version: number) => {
        const row = this.#pointer(tenantId, prompt);
        await this.#read({ ...row, key: `version/${tenantId}/${prompt}/${version}` });
        return { ...versionOf(tenantId, prompt), version };
      },
    };
    const deps = { prompts, records: this.#cache, staleness: this.#pointers };
    const began = ground.clock.elapsed();
    const found = await resolvePrompt(deps, tenantId, reference, roll, revalidate);
    const { key, shard } = this.#pointer(tenantId, reference.name);
    const least = databases.versionAt(shard, key, began - POINTER_BOUND_MS - LATE_MS);
    if (found.row.version < least) databases.note("too_old");
    return found;
  }

  /** Publishes a version, as a caller does. Returns it with the token of the answer. */
  async publish(tenantId: string, prompt: string): Promise<{ version: number; token: string | undefined }> {
    const row = this.#pointer(tenantId, prompt);
    const work = async () => {
      const version = await this.#query(row, true);
      await this.#cache.write(pointerKey(tenantId, prompt), pointerOf(version));
      return version;
    };
    const { result, token } = await this.#ownWrites.run({ isRead: false, token: undefined, work });
    return { version: result, token };
  }

  /** The newest version of a prompt, as `GET` reads it. */
  async newest(tenantId: string, prompt: string, token: string | undefined): Promise<number> {
    const row = this.#pointer(tenantId, prompt);
    const { result } = await this.#ownWrites.run({ isRead: true, token, work: async () => this.#read(row) });
    return result;
  }

  #pointer(tenantId: string, prompt: string): Row {
    const { databases } = this.#world;
    const { prompt_weight: weight } = this.#world.tenant(tenantId);
    const shard = databases.shardOf(promptKey(tenantId, prompt));
    return { key: pointerKey(tenantId, prompt), shard, weight };
  }

  async #read(row: Row): Promise<number> {
    return this.#query(row, false);
  }

  async #query({ key, shard, weight }: Row, isWrite: boolean): Promise<number> {
    const database = this.#world.databases.binding(shard, this.#place);
    const { on, end } = await this.#sessions.open(shard, database, { isRead: !isWrite, mayLag: true });
    const version = await on.prepare("").bind({ key, weight, isWrite }).first<number>();
    end();
    return version ?? 0;
  }
}

type ResolveInput = [tenantId: string, reference: { name: string }, roll: number, revalidate?: boolean];

function pointerOf(latest_version: number): PromptPointer {
  return { ...POINTER_OF_ONE, latest_version };
}

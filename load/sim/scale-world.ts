import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import type { ThrottleLimits } from "../../src/domain/gate/protocol/throttle-messages.ts";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import type { Shards } from "../../src/storage/shards.ts";
import { History } from "../proofs/world/history.ts";
import type { Entry } from "../../src/cache/tier.ts";
import { UsageQueue } from "../proofs/world/usage-queue.ts";
import { Databases, type DatabasesShape } from "./databases.ts";
import type { Ground } from "./object-site.ts";
import type { Place } from "./places.ts";
import type { Population, Tenant } from "./population.ts";
import { ScaleProvider, weightOf } from "./scale-provider.ts";
import { type PlantedFaults, ScaleObjects } from "./scale-objects.ts";
import { ScaleTally } from "./scale-tally.ts";
import { PlaceTier, WorldKv } from "./tiers.ts";

/** The setting `TENANT_RATE_PER_S`: this many times what the large tenant asks on average. */
const THROTTLE_ROOM = 2;
/** `TENANT_BURST`, as many seconds of that rate as in wrangler.toml. */
const BURST_S = 2.5;

/** The databases' and records' settings, as in wrangler.toml. */
const AS_DEPLOYED: RecordsShape = {
  shards: 4,
  max_lag_ms: 1_000,
  pointer_fresh_ms: 5_000,
  shares_bookmarks: true,
  hour: 0,
};

/** The databases of a world, and how the records in front of them are kept. */
export interface RecordsShape extends DatabasesShape {
  pointer_fresh_ms: number;
  /** Whether isolates of a data centre share bookmarks through its cache. */
  shares_bookmarks: boolean;
  /** The hour of UTC. */
  hour: number;
  /** What a data centre had before the world began; undefined for nothing. */
  kept?: (world: ScaleWorld, place: Place, key: string) => Entry<unknown> | undefined;
}

/** What isolates find around them: objects, databases, tiers, the usage queue, and a provider. */
export class ScaleWorld {
  readonly ground: Ground;
  readonly population: Pick<Population, "large" | "small" | "place">;
  readonly objects: ScaleObjects;
  readonly databases: Databases;
  readonly provider: ScaleProvider;
  readonly kv: WorldKv;
  /** The setting `POINTER_FRESH_MS`. */
  readonly pointerFreshMs: number;
  readonly tally = new ScaleTally();
  /** The throttle's settings. */
  readonly throttle: ThrottleLimits;
  /** The setting `LARGE_TENANTS`. */
  readonly largeTenants: ReadonlySet<string>;
  readonly #tenants: ReadonlyMap<string, Tenant>;
  readonly sharesBookmarks: boolean;
  readonly hour: number;
  readonly #kept: RecordsShape["kept"];
  readonly #edges = new Map<string, PlaceTier>();
  readonly #queue: UsageQueue;
  #ids = 0;

  constructor(
    ground: Ground,
    population: ScaleWorld["population"],
    planted: PlantedFaults = {},
    records: RecordsShape = AS_DEPLOYED,
  ) {
    const { random, clock } = ground;
    this.ground = ground;
    this.population = population;
    const tenants = [population.large, ...population.small];
    this.#tenants = new Map(tenants.map((tenant) => [tenant.id, tenant]));
    this.largeTenants = new Set(tenants.filter(({ hasBranches }) => hasBranches).map(({ id }) => id));
    this.objects = new ScaleObjects(ground, this.#tenants, planted);
    this.databases = new Databases(ground, { ...records, careless_replicas: planted.careless_replicas ?? false });
    this.pointerFreshMs = records.pointer_fresh_ms;
    this.hour = records.hour;
    this.sharesBookmarks = records.shares_bookmarks;
    this.#kept = records.kept;
    this.provider = new ScaleProvider(ground, tenants);
    this.kv = new WorldKv(ground);
    const rate_per_s = 1_000 * THROTTLE_ROOM * population.large.rate;
    this.throttle = { rate_per_s, burst: BURST_S * rate_per_s };
    const executions = this.executionsFrom(population.large.home);
    const history = new History(() => clock.elapsed());
    this.#queue = new UsageQueue({ clock, random, faults: new Set(), history }, executions);
  }

  /** An id that nothing else has. */
  newId(what: string): string {
    return `${what}${(this.#ids += 1)}`;
  }

  tenant(id: string): Tenant {
    const tenant = this.#tenants.get(id);
    if (!tenant) throw new Error(`no tenant ${id}`);
    return tenant;
  }

  edgeOf(place: Place): PlaceTier {
    const known = this.#edges.get(place.name) ?? this.#openEdge(place);
    this.#edges.set(place.name, known);
    return known;
  }

  #openEdge(place: Place): PlaceTier {
    return new PlaceTier(this.ground, (key) => this.#kept?.(this, place, key));
  }

  /** Where executions are recorded, as isolates of a place reach it. */
  executionsFrom(place: Place): ExecutionRepository {
    const ledgerOf = (...of: [string, number]) => this.objects.ledgerOf(...of, place) as LedgerObject;
    return new ExecutionRepository({ shards: NO_SHARDS, ledgerOf });
  }

  /** The usage queue, with the messages counted. */
  get queue(): Pick<UsageQueue, "send"> {
    const { meter, clock } = this.ground;
    return {
      send: async (...sent) => {
        // Written, read and deleted.
        meter.add("queue operations", "usage", 3 * weightOf(clock.life()));
        await this.#queue.send(...sent);
      },
    };
  }
}

const nowhere = (): never => {
  throw new Error("executions are in no shard");
};
/** Executions are in the ledger alone. */
const NO_SHARDS: Shards = {
  of: nowhere,
  ofBucket: nowhere,
  inGroups: nowhere,
  everywhere: nowhere,
  atOnce: nowhere,
  nameOf: nowhere,
  refresh: nowhere,
  all: new Map(),
};

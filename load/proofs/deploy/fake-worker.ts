import { Refusal } from "./refusal.ts";

/** The part of an upload's metadata that the account keeps. */
export interface Upload {
  bindings: Binding[];
  migrations?: { new_tag?: string; old_tag?: string; steps?: unknown[] };
  assets?: { jwt?: string };
}

export type Binding = { name: string; type: string } & Record<string, unknown>;

/** An upload that can have traffic. */
interface Version {
  id: string;
  bindings: Binding[];
  /** The classes of Durable Objects that it knows, by the tag of their last migration. */
  migrationTag: string | undefined;
}

/** Which share of the traffic a version has, in percent. */
export interface Traffic {
  version_id: string;
  percentage: number;
}

/** A Worker with its versions, which one or two of have the traffic. A draft has secrets and no version. */
export class FakeWorker {
  readonly secrets = new Map<string, string>();
  readonly versions: Version[] = [];
  /** The newest first. */
  readonly deployments: Traffic[][] = [];
  migrationTag: string | undefined;
  schedules: string[] = [];

  get isDeployed(): boolean {
    return this.deployments.length > 0;
  }

  /** What the last version binds; nothing for a draft. */
  get bindings(): Binding[] {
    return this.versions.at(-1)?.bindings ?? [];
  }

  /**
   * Takes an upload that gets no traffic yet, with `check` for all that it binds. Classes of Durable
   * Objects are applied with an upload that gets all of it, only.
   */
  addVersion(upload: Upload, check: (binding: Binding) => void, isDeployed: boolean): Version {
    const bindings = upload.bindings.map((binding) => {
      const known = this.bindings.find(({ name }) => name === binding.name);
      if (binding.type !== "inherit") return binding;
      if (!known && !this.secrets.has(binding.name)) throw new Refusal(400, 10021, `no ${binding.name} to inherit`);
      return known ?? binding;
    });
    for (const binding of bindings) check(binding);
    const { migrations } = upload;
    if (migrations && !isDeployed) {
      throw new Refusal(
        400,
        10211,
        "Version upload failed. You attempted to upload a version of a Worker that includes a Durable Object migration, " +
          "but migrations must be fully applied by running `wrangler deploy`.",
      );
    }
    if (migrations && migrations.old_tag !== this.migrationTag) {
      throw new Refusal(412, 10079, `migration tag precondition failed: expected ${this.migrationTag}`);
    }
    this.migrationTag = migrations?.new_tag ?? this.migrationTag;
    const id = `11111111-2222-3333-4444-${String(this.versions.length + 1).padStart(12, "0")}`;
    const version = { id, bindings, migrationTag: this.migrationTag };
    this.versions.push(version);
    return version;
  }

  /** Gives versions the traffic. */
  deploy(traffic: readonly Traffic[]): void {
    for (const { version_id } of traffic) {
      const version = this.version(version_id);
      if (version.migrationTag === this.migrationTag) continue;
      throw new Refusal(400, 10208, "cannot deploy a version from before the last migration of Durable Objects");
    }
    this.deployments.unshift([...traffic]);
  }

  version(id: string): Version {
    const version = this.versions.find((each) => each.id === id);
    if (!version) throw new Refusal(404, 10092, "This version does not exist");
    return version;
  }

  setSecrets(values: ReadonlyMap<string, string>): void {
    const newest = this.versions.at(-1)?.id;
    const deployed = this.deployments[0]?.map(({ version_id }) => version_id) ?? [];
    if (newest !== undefined && !deployed.includes(newest)) {
      throw new Refusal(400, 10215, "Secret edit failed: the latest version of the Worker is not deployed.");
    }
    for (const [secret, value] of values) this.secrets.set(secret, value);
  }
}

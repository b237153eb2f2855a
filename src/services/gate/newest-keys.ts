import type { ProviderKey } from "../tenants/provider-keys.ts";

/**
 * The newest copy of a tenant's keys at a provider that an isolate has. Calls bring their copies in
 * any order: one that began before a change may ask for its permit after one that began later.
 */
export class NewestKeys {
  #keys: readonly ProviderKey[] = [];

  /** The same array until a newer copy is taken. */
  get all(): readonly ProviderKey[] {
    return this.#keys;
  }

  find(name: string): ProviderKey | undefined {
    return this.#keys.find((key) => key.name === name);
  }

  /** Takes a copy, unless the known one is as new. Returns whether it was taken. */
  take(keys: readonly ProviderKey[]): boolean {
    const [known, at] = [readAt(this.#keys), readAt(keys)];
    if (known !== undefined && at !== undefined && at <= known) return false;
    this.#keys = keys;
    return true;
  }
}

/**
 * When a copy was read, in epoch ms; undefined where it does not say. All keys of it say the same.
 */
function readAt([key]: readonly ProviderKey[]): number | undefined {
  return key?.configured_at;
}

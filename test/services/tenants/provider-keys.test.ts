import { describe, expect, it } from "vitest";
import { ProviderKeys } from "../../../src/services/tenants/provider-keys.ts";
import type { ProviderKeyRow } from "../../../src/storage/tenants/provider-keys.ts";

const ROW: ProviderKeyRow = {
  tenant_id: "ten_a",
  provider: "openai",
  name: "main",
  version: 7,
  ciphertext: "sealed",
  hint: "1234",
  weight: 1,
  rpm: 60,
  tpm: null,
  max_concurrency: null,
  created_at: 7,
  updated_at: 7,
};

/** Provider keys out of a record with `rows`. */
function keysWith(rows: ProviderKeyRow[], ofDeployment = ["sk-shared"]) {
  const nothing = async () => Promise.reject(new Error("not called"));
  const record = {
    read_at: 5_000,
    epoch: 1,
    wrapped_data_key: "wrapped",
    provider_keys: rows,
    prices: {},
    budget_scopes: [],
  };
  return new ProviderKeys({
    now: () => 9_000,
    providerKeys: { put: nothing, delete: nothing, list: nothing },
    tenantRecords: { read: async () => record, refresh: nothing },
    tenants: { find: nothing },
    vault: { seal: nothing, open: async () => "sk-secret" },
    deploymentKeys: { openai: ofDeployment, anthropic: [] },
  });
}

describe("the keys for a tenant's calls", () => {
  it("say when they were read, so that the gate can tell which copy of them is newer", async () => {
    const [key] = await keysWith([ROW]).keysFor("ten_a", "openai");
    expect(key).toMatchObject({ name: "main", version: 7, secret: "sk-secret", rpm: 60, configured_at: 5_000 });
  });

  it("say it of the deployment's keys, too: the tenant may just have removed its own", async () => {
    const [key] = await keysWith([]).keysFor("ten_a", "openai");
    expect(key).toMatchObject({ name: "_0", configured_at: 5_000 });
  });

  it("have a version of the deployment's secret that changes with it, and does not tell it", async () => {
    const versionOf = async (secret: string) => (await keysWith([], [secret]).keysFor("ten_a", "openai"))[0]?.version;
    const version = await versionOf("sk-shared");
    expect(await versionOf("sk-shared")).toBe(version);
    expect(await versionOf("sk-shares")).not.toBe(version);
    expect(version).toBeGreaterThan(0);
    expect(version).toBeLessThan(2 ** 48);
  });

  it("are those of the provider, the heaviest first", async () => {
    const keys = keysWith([ROW, { ...ROW, name: "big", weight: 5 }, { ...ROW, provider: "anthropic", name: "other" }]);
    expect((await keys.keysFor("ten_a", "openai")).map(({ name }) => name)).toEqual(["big", "main"]);
    expect((await keys.keysFor("ten_a", "anthropic")).map(({ name }) => name)).toEqual(["other"]);
  });
});

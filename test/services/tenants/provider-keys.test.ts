import { describe, expect, it } from "vitest";
import { limitsOf, ProviderKeys } from "../../../src/services/tenants/provider-keys.ts";
import type { UpstreamRow } from "../../../src/storage/tenants/upstreams.ts";
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

const UPSTREAM: UpstreamRow = {
  tenant_id: "ten_a",
  name: "llm",
  version: 3,
  kind: "openai",
  base_url: "https://llm.example.com/v1",
  headers: null,
  header_names: [],
  created_at: 3,
  updated_at: 3,
};

/** Provider keys out of a record with `rows`. */
function keysWith(rows: ProviderKeyRow[], ofDeployment = ["sk-shared"], upstreams: UpstreamRow[] = []) {
  const nothing = async () => Promise.reject(new Error("not called"));
  const record = {
    read_at: 5_000,
    epoch: 1,
    wrapped_data_key: "wrapped",
    provider_keys: rows,
    prices: {},
    upstreams,
    budget_scopes: [],
  };
  return new ProviderKeys({
    now: () => 9_000,
    providerKeys: { put: nothing, delete: nothing, list: nothing },
    tenantRecords: {
      read: async () => record,
      readWithUpstreams: async () => record,
      refresh: nothing,
      renewEpoch: nothing,
    },
    upstreams: { requireProvider: async () => undefined },
    tenants: { find: nothing },
    vault: { seal: nothing, open: async (...[, , , sealed]) => (sealed === "sealed" ? "sk-secret" : sealed) },
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

  it("of an upstream say where they are sent, and with which headers", async () => {
    const upstream = { ...UPSTREAM, headers: '{"x-a":"1"}', header_names: ["x-a"] };
    const keys = await keysWith([{ ...ROW, provider: "llm" }], [], [upstream]).keysFor("ten_a", "llm");
    const { name, kind, base_url } = UPSTREAM;
    expect(keys).toMatchObject([
      { name: "main", secret: "sk-secret", rpm: 60, upstream: { name, kind, base_url, headers: { "x-a": "1" } } },
    ]);
    expect(limitsOf(keys)).toEqual([
      { name: "main", version: 7, weight: 1, rpm: 60, tpm: null, max_concurrency: null, configured_at: 5_000 },
    ]);
  });

  it("of an upstream without any are one that is empty, and of one that is gone there are none", async () => {
    const named = { ...UPSTREAM, name: "constructor" };
    const keys = keysWith([ROW], ["sk-shared"], [UPSTREAM, named]);
    for (const name of ["llm", "constructor"]) {
      expect(await keys.keysFor("ten_a", name)).toMatchObject([
        { name: "_0", version: 3, secret: "", upstream: { name } },
      ]);
    }
    for (const name of ["none", "toString", "__proto__"]) expect(await keys.keysFor("ten_a", name)).toEqual([]);
    expect(await keys.keysFor("ten_a", "openai")).toMatchObject([{ name: "main" }]);
  });
});

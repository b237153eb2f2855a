import { describe, expect, it } from "vitest";
import { egressOrigins, readConfig } from "../src/config.ts";

/** The variables of a deployment that have no default, and these. */
function config(vars: Record<string, string>) {
  const times = [
    "FIRST_BYTE_TIMEOUT_MS",
    "READ_TIMEOUT_MS",
    "EXECUTION_TIMEOUT_MS",
    "POINTER_FRESH_MS",
    "POINTER_BOUND_MS",
  ];
  const more = ["PROMPT_LAST_GOOD_MS", "KEY_LAST_GOOD_MS", "CACHE_TIMEOUT_MS", "ANSWER_EDGE_TTL_S", "ANSWER_KV_TTL_S"];
  const batches = ["MAX_BODY_BYTES", "BATCH_LEASE_MS", "BATCH_WAKE_AFTER_MS", "BATCH_ITEMS_AT_ONCE"];
  const numbers = Object.fromEntries([...times, ...more, ...batches].map((name) => [name, "1000"]));
  const secrets = {
    PBT_ROOT_KEY: "r".repeat(16),
    KEY_PEPPER: "p".repeat(16),
    KEY_ENCRYPTION_KEY: btoa("k".repeat(32)),
  };
  return readConfig({ PBT_ENV: "test", ...numbers, ...secrets, ...vars } as unknown as Env);
}

describe("the origins that a deployment allows to upstreams", () => {
  it("are none by default, and never widen what the built-in providers reach", () => {
    const builtIn = ["https://api.openai.com", "https://api.anthropic.com"];
    expect(egressOrigins(config({}))).toEqual({ builtIn, upstreams: [] });
    const upstreams = ["https://llm.example.com:8443", "http://127.0.0.1:8000"];
    expect(egressOrigins(config({ UPSTREAM_ORIGINS: upstreams.join(", ") }))).toEqual({ builtIn, upstreams });
  });

  it.each([
    "http://llm.example.com",
    "https://llm.example.com/v1",
    "https://llm.example.com/",
    "https://*.example.com",
    "llm.example.com",
    "ftp://127.0.0.1",
    "https://key@llm.example.com",
  ])("cannot be %s", (origin) => {
    expect(() => config({ UPSTREAM_ORIGINS: `https://ok.example.com,${origin}` })).toThrow("UPSTREAM_ORIGINS");
  });
});

describe("how far replicas may be behind", () => {
  it("is less than a caller's bookmark is good for", () => {
    expect(config({ REPLICA_MAX_LAG_MS: "30000" }).replicaMaxLagMs).toBe(30_000);
    expect(() => config({ REPLICA_MAX_LAG_MS: "30001" })).toThrow("REPLICA_MAX_LAG_MS");
  });
});

describe("the deployment's collector of traces", () => {
  it("is none by default, and spans have the names of today only", () => {
    const { traces } = config({ OTEL_SEMCONV_STABILITY_OPT_IN: "gen_ai_latest_experimental" });
    expect(traces).toEqual({ endpoint: "", headers: {}, sample: 0.1, slowMs: 1_500, earlierNames: false });
    expect(config({ OTEL_SEMCONV_STABILITY_OPT_IN: "http" }).traces.earlierNames).toBe(true);
  });

  it("has headers as OpenTelemetry writes them", () => {
    const { headers } = config({ OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20a%3D%3D, x-team = a=b" }).traces;
    expect(headers).toEqual({ authorization: "Basic a==", "x-team": "a=b" });
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_HEADERS", "secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%zz"],
    ["TRACE_SAMPLE", "2.25"],
  ])("is refused by name and not by value: %s is %s", (name, value) => {
    expect(() => config({ [name]: value })).toThrow(name);
    expect(() => config({ [name]: value })).not.toThrow(value);
  });
});

describe("the large tenants of a deployment", () => {
  it("are none by default, and those that are named", () => {
    expect(config({}).largeTenants).toEqual(new Set());
    expect(config({ LARGE_TENANTS: "ten_1, ten_eu_2," }).largeTenants).toEqual(new Set(["ten_1", "ten_eu_2"]));
  });

  it("cannot be named by anything but their ids", () => {
    expect(() => config({ LARGE_TENANTS: "acme" })).toThrow("LARGE_TENANTS");
    expect(() => config({ LARGE_TENANTS: "ten_1/openai" })).toThrow("LARGE_TENANTS");
  });
});

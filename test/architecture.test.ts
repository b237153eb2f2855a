import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** What each ring may import, beside itself and packages. */
const RINGS: Record<string, readonly string[]> = {
  "index.ts": ["app.ts", "queue.ts", "scheduled.ts", "durable-objects", "domain"],
  "app.ts": ["routes", "middleware", "deps", "domain"],
  "queue.ts": ["deps", "services", "domain", "telemetry"],
  "scheduled.ts": ["deps", "services", "domain", "telemetry"],
  deps: ["services", "storage", "cache", "providers", "telemetry", "config.ts", "domain", "lib"],
  "config.ts": ["domain"],
  routes: ["services", "middleware", "domain", "lib"],
  middleware: ["deps", "services", "telemetry", "domain"],
  services: ["storage", "cache", "providers", "domain", "lib"],
  "durable-objects": ["config.ts", "storage", "telemetry", "domain", "lib"],
  cache: ["domain", "lib"],
  storage: ["domain", "lib"],
  providers: ["domain", "lib"],
  telemetry: ["domain"],
  domain: ["lib"],
  // Programs of their own, which know the Worker by its API only. No ring above may import them.
  cli: ["client", "domain", "lib"],
  dashboard: ["client", "domain", "lib"],
  client: ["lib"],
  lib: [],
};

/**
 * The rooms of a ring in their order: each may import those after it, and the files that lie in the
 * ring itself.
 */
const ROOMS: Record<string, readonly string[]> = {
  services: [
    "metrics",
    "traces",
    "insights",
    "promotions",
    "chains",
    "optimizations",
    "comparisons",
    "tests",
    "runs",
    "batches",
    "executions",
    "completions",
    "budgets",
    "gate",
    "prompts",
    "webhooks",
    "tenants",
    "usage",
    "audit",
    "shards",
    "system",
  ],
  domain: [
    "metrics",
    "traces",
    "insights",
    "promotions",
    "reconciliation",
    "optimizations",
    "comparisons",
    "budgets",
    "audit",
    "batches",
    "webhooks",
    "ledger",
    "doors",
    "chains",
    "executions",
    "prompts",
    "tests",
    "runs",
    "completions",
    "usage",
    "tenants",
    "gate",
    "template",
    "json-schema",
    "shards",
  ],
  storage: [
    "batches",
    "budgets",
    "chains",
    "executions",
    "insights",
    "ledger",
    "promotions",
    "prompts",
    "tests",
    "runs",
    "tenants",
    "webhooks",
    "audit",
    "resharding",
  ],
};

/** The parts of the gate that must not know each other: they only share messages. */
const GATE_PARTS = ["authority", "client"];

const MAX_LINES = 300;

/** The list of migrations: the only file outside src/ that storage may import. */
const JOURNAL = "migrations/meta/_journal.json";

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
    .map((file) => join(directory, file));
}

/** The modules that a file names, as they stand between the quotes. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?"([^"]+)"/g);
  return [...found].map((match) => match[1] ?? "");
}

/** The source files that a file imports, as paths from the root. */
function targetsOf(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => normalize(join(dirname(file), name)));
}

const files = filesIn("src");
const partOf = (file: string, depth: number) => relative("src", file).split("/")[depth] ?? "";
const ringOf = (file: string) => partOf(file, 0);
const arrows = files.flatMap((from) => targetsOf(from).map((to) => ({ from, to })));
const matching = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(file, "utf8")));

describe("the architecture", () => {
  it("lets imports point down from ring to ring", () => {
    const upward = arrows.filter(({ from, to }) => {
      if (to === JOURNAL) return ringOf(from) !== "storage";
      const [ring, target] = [ringOf(from), ringOf(to)];
      return ring !== target && !RINGS[ring]?.includes(target);
    });
    expect(upward).toEqual([]);
  });

  it.each(Object.entries(ROOMS))("lets imports point one way between the rooms of %s", (ring, rooms) => {
    const orderOf = (file: string) => {
      const room = partOf(file, 1);
      return room.endsWith(".ts") ? rooms.length : rooms.indexOf(room);
    };
    const within = arrows.filter(({ from, to }) => ringOf(from) === ring && ringOf(to) === ring);
    expect(within.filter(({ from, to }) => orderOf(from) > orderOf(to))).toEqual([]);
    expect(within.filter(({ from }) => orderOf(from) === -1)).toEqual([]);
  });

  it("keeps the gate's authority and its client apart: they share the protocol only", () => {
    const across = arrows.filter(({ from, to }) => {
      const [own, other] = [from, to].map((file) => GATE_PARTS.find((part) => file.includes(`domain/gate/${part}/`)));
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(across).toEqual([]);
  });

  it("has one composition root: only deps/ and the Durable Objects read bindings", () => {
    const readers = matching(/\benv\.[A-Z][A-Z0-9_]+\b/).filter(
      (file) => !["deps", "durable-objects"].includes(ringOf(file)),
    );
    expect(readers).toEqual([]);
  });

  it("finds Durable Objects by names alone, and from within one by its tenant's jurisdiction", () => {
    expect(matching(/\b(?:idFromName|idFromString|newUniqueId)\(/)).toEqual([]);
    expect(matching(/\.getByName\(/).filter((file) => ringOf(file) === "durable-objects")).toEqual([]);
    expect(matching(/\bservicesOf\(|\bbuildServices\(/).filter((file) => ringOf(file) === "durable-objects")).toEqual(
      [],
    );
  });

  it("keeps the domain pure: it knows no clock, no chance, no network and no framework", () => {
    const impure = matching(/\bDate\.now\(|\bMath\.random\(|\bfetch\(|cloudflare:|from "hono/);
    expect(impure.filter((file) => ringOf(file) === "domain")).toEqual([]);
  });

  it("keeps the providers' SDKs behind their port", () => {
    const users = files.filter((file) =>
      importsOf(file).some((name) => /^(openai|@anthropic-ai\/sdk)(\/|$)/.test(name)),
    );
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((file) => ringOf(file) !== "providers")).toEqual([]);
  });

  it("evaluates no text as code", () => {
    expect(matching(/\beval\(|new Function\(/)).toEqual([]);
  });

  it("replaces no timers in the engine, which other objects and files share", () => {
    const inEngine = ["batches", "durable-objects", "storage", "routes"].flatMap((part) => filesIn(`test/${part}`));
    const replacing = inEngine.filter((file) => /useFakeTimers|skipWaits/.test(readFileSync(file, "utf8")));
    expect(replacing).toEqual([]);
  });

  it("exports no two types under one name", () => {
    const names = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/^export (?:type|interface|class) (\w+)/gm)].map((match) => match[1]),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it(`keeps every file within ${MAX_LINES} lines and free of the type system's escape hatches`, () => {
    const all = [...files, ...filesIn("load"), ...filesIn("scripts"), ...filesIn("test")];
    const long = all.filter((file) => readFileSync(file, "utf8").split("\n").length > MAX_LINES + 1);
    expect(long).toEqual([]);
    const hatch = /@ts-(?:ignore|expect-error)|\bas (?:any)\b/;
    expect(all.filter((file) => hatch.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** What each room may import, beside itself and packages. Imports point down only. */
const MAY_IMPORT: Record<string, string[]> = {
  "index.ts": ["app.ts", "queue.ts", "scheduled.ts", "durable-objects", "domain"],
  "app.ts": ["routes", "middleware", "deps", "domain"],
  "queue.ts": ["deps", "services", "domain", "telemetry"],
  "scheduled.ts": ["deps", "telemetry"],
  deps: ["services", "storage", "cache", "providers", "telemetry", "config.ts", "domain", "lib"],
  "config.ts": ["domain"],
  routes: ["services", "middleware", "storage", "domain", "lib"],
  middleware: ["deps", "services", "telemetry", "domain"],
  services: ["storage", "cache", "providers", "domain", "lib"],
  "durable-objects": ["config.ts", "telemetry", "domain", "lib"],
  cache: ["domain", "lib"],
  storage: ["domain", "lib"],
  providers: ["domain", "lib"],
  telemetry: ["domain"],
  domain: ["lib"],
  lib: [],
};
const MAX_LINES = 300;

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => join(directory, file));
}

const files = filesIn("src");
const roomOf = (file: string) => relative("src", file).split("/")[0] ?? "";
const importsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map((match) => match[1] ?? "");

describe("architecture", () => {
  it("lets imports point down only", () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => roomOf(normalize(join(dirname(file), target))))
        .filter((room) => room !== roomOf(file) && !MAY_IMPORT[roomOf(file)]?.includes(room))
        .map((room) => `${file} imports ${room}`),
    );
    expect(upward).toEqual([]);
  });

  it("keeps the domain pure: no clock, no chance, no network, no framework", () => {
    const impure = files
      .filter((file) => roomOf(file) === "domain")
      .filter((file) =>
        /\bDate\.now\(|\bMath\.random\(|\bfetch\(|cloudflare:|from "hono/.test(readFileSync(file, "utf8")),
      );
    expect(impure).toEqual([]);
  });

  it("keeps the providers' SDKs behind their port, and evaluates no text as code", () => {
    const sdk = files.filter((file) => importsOf(file).some((name) => /^(openai|@anthropic-ai\/sdk)(\/|$)/.test(name)));
    expect(sdk.every((file) => roomOf(file) === "providers")).toBe(true);
    expect(sdk.length).toBeGreaterThan(0);
    expect(files.filter((file) => /\beval\(|new Function\(/.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  it(`keeps every file within ${MAX_LINES} lines and without escape hatches of the type system`, () => {
    const all = [...files, ...filesIn("load"), ...filesIn("scripts"), ...filesIn("test")];
    const long = all.filter((file) => readFileSync(file, "utf8").split("\n").length > MAX_LINES + 1);
    expect(long).toEqual([]);
    const hatch = /@ts-(?:ignore|expect-error)|\bas (?:any)\b/;
    expect(all.filter((file) => hatch.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});

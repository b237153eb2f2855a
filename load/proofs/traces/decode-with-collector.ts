import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { installProgram } from "../../harness/install-program.ts";

const SOURCE = join(import.meta.dirname, "collector");
/** Beside the packages of npm, so that nothing outside the checkout changes. */
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache");

/**
 * What the OpenTelemetry Collector's own code reads in bodies: a line for each span. Undefined
 * where this machine has no Go to build it. Throws where the collector refuses a body.
 */
export async function decodeWithCollector(bodies: readonly string[]): Promise<string[] | undefined> {
  if (!(await hasGo())) return undefined;
  const [, version = ""] = /pdata (v[\d.]+)/.exec(readFileSync(join(SOURCE, "go.mod"), "utf8")) ?? [];
  const build = { command: "go", args: ["build", "-C", SOURCE, "-o", "DIR/decode-otlp", "."] };
  const directory = await installProgram("otlp-decoder", version, [build], CACHE);
  const decoder = spawn(join(directory, "decode-otlp"), { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(decoder, "exit");
  decoder.stdin.end(bodies.map((body) => `${body}\n`).join(""));
  const [lines, fault] = await Promise.all([text(decoder.stdout), text(decoder.stderr)]);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the collector refuses a body: ${fault}`);
  return lines.split("\n").filter((line) => line !== "");
}

async function hasGo(): Promise<boolean> {
  const go = spawn("go", ["version"], { stdio: "ignore" });
  return new Promise((resolve) => {
    go.once("error", () => resolve(false));
    go.once("exit", (code) => resolve(code === 0));
  });
}

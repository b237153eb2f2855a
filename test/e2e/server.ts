import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { enginePidOf } from "../../scripts/process-usage.ts";

/** A server that `npm start` started. */
export interface RunningServer {
  url: string;
  /** The demo tenant's key, which only a terminal is shown. */
  key: string;
  /** Everything that the server has printed. */
  output(): string;
  /** The process of its engine. Throws while none runs. */
  enginePid(): number;
  /** Resolves with the exit code when it ends. */
  ended: Promise<number | null>;
  /** Sends SIGTERM, waits for the end, and returns the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the server on a free port and waits for its `ready on …` line. Throws with its output if
 * it ends before.
 */
export async function startServer(stateDir: string, env: Record<string, string> = {}): Promise<RunningServer> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OPENAI|ANTHROPIC|PBT)_/.test(name)),
  );
  const childEnv: NodeJS.Dict<string> = { ...clean, PORT: "0", STATE_DIR: stateDir, ...env };
  const child: ChildProcess = spawn("npm", ["start"], {
    env: childEnv as SpawnOptions["env"],
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const [, url] = /ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? [];
      if (url) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const url = await ready;
  return {
    url,
    key: (JSON.parse(readFileSync(join(stateDir, "pbt-edge.json"), "utf8")) as { demo_key: string }).demo_key,
    output: () => output,
    enginePid: () => enginePidOf(child.pid ?? 0),
    ended,
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

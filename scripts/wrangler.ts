import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The script of wrangler's command line. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin/wrangler.js",
);

/** Runs wrangler with `input`, and returns what it printed. Throws a {@link WranglerFailed}. */
export type Wrangler = (args: readonly string[], input?: string) => Promise<string>;

/** A wrangler that ended with an error, and what it printed of it. */
export class WranglerFailed extends Error {
  readonly args: readonly string[];
  readonly output: string;

  constructor(args: readonly string[], output: string) {
    super(`wrangler ${args.join(" ")} failed`);
    this.args = args;
    this.output = output;
  }
}

/** Times in ms between the attempts of a call that may succeed later. */
const PAUSES_MS = [2_000, 8_000];
/** The longest time that Cloudflare may ask to wait for, ms. */
const LONGEST_PAUSE_MS = 300_000;

/** The permission of an account that the commands of wrangler need, by their first word. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  d1: "D1",
  queues: "Queues",
  kv: "Workers KV Storage",
  r2: "Workers R2 Storage",
  secret: "Workers Scripts",
  deploy: "Workers Scripts",
};

/** What a failure of wrangler means, by what it printed, and what can be done about it. */
const REASONS: readonly { pattern: RegExp; advice: (command: string) => string; isTransient: boolean }[] = [
  {
    // https://developers.cloudflare.com/fundamentals/api/troubleshooting/
    pattern:
      /\[code: (?:9109|10000|6003|9106)\]|Authentication error|Unauthori[sz]ed|Unable to authenticate|CLOUDFLARE_API_TOKEN|-> 40[13]/i,
    advice: (command) =>
      `Cloudflare does not let this login do that. Run \`npx wrangler login\`, or give CLOUDFLARE_API_TOKEN the account ` +
      `permissions D1, Queues, Workers KV Storage, Workers R2 Storage and Workers Scripts, each with Edit.${neededBy(command)}`,
    isTransient: false,
  },
  {
    pattern: /\[code: (?:971|10429)\]|throttling your request|Too Many Requests|rate limit|-> 429/i,
    advice: () => "Cloudflare limits how often its API is called. Wait for five minutes, then run this again.",
    isTransient: true,
  },
  {
    pattern: /-> 5\d\d|internal (?:server )?error|service unavailable|\[code: (?:10013|15000)\]|fetch failed/i,
    advice: () =>
      "Cloudflare's API failed or was not reached. Look at https://www.cloudflarestatus.com, then run this again.",
    isTransient: true,
  },
];

const OTHER_ADVICE = "Mend what the lines above say, then run this again.";

/** What can be done about a failure, for people. All advice holds for calls that are repeated. */
export function adviceFor({ args: [command = ""], output }: Pick<WranglerFailed, "args" | "output">): string {
  return REASONS.find(({ pattern }) => pattern.test(output))?.advice(command) ?? OTHER_ADVICE;
}

/** What is told of a fault of a run that can be run again. Throws what is no error. */
export function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) throw fault;
  if (!(fault instanceof WranglerFailed)) return fault.message;
  return `${fault.output}\n\n${fault.message}. ${adviceFor(fault)} It goes on where it stopped.`;
}

function neededBy(command: string): string {
  const permission = PERMISSIONS[command];
  return permission === undefined ? "" : ` This call needs ${permission}.`;
}

/**
 * A wrangler that calls again, twice at most, where Cloudflare limits calls or fails. A call that
 * is made again may find that the first one had its effect.
 */
export function withRetries<Args>(
  wrangler: (args: Args, input?: string) => Promise<string>,
  pause: (ms: number) => Promise<void>,
): (args: Args, input?: string) => Promise<string> {
  return async (args, input) => {
    for (const pauseMs of PAUSES_MS) {
      try {
        return await wrangler(args, input);
      } catch (error) {
        if (!(error instanceof WranglerFailed) || !isTransient(error.output)) throw error;
        await pause(Math.min(askedFor(error.output) ?? pauseMs, LONGEST_PAUSE_MS));
      }
    }
    return wrangler(args, input);
  };
}

function isTransient(output: string): boolean {
  return REASONS.find(({ pattern }) => pattern.test(output))?.isTransient ?? false;
}

/** The time of a Retry-After header, as wrangler tells it, in ms. */
function askedFor(output: string): number | undefined {
  const [, seconds] = /wait (\d+) second/.exec(output) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

/** The wrangler of this checkout, with a configuration. */
export function withConfig(file: string): Wrangler {
  return async (args, input) => runWrangler([...args, "--config", file], input);
}

/** Runs wrangler. What it is given is in no argument, which others can read. */
async function runWrangler(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string, stderr: string) => {
      if (error) reject(new WranglerFailed(args, `${stdout}${stderr}`.trim()));
      else resolve(stdout);
    };
    // What wrangler prints of its login must not be in its log as well.
    const unlogged = args[0] === "auth" ? { WRANGLER_WRITE_LOGS: "false" } : {};
    const env = { ...process.env, ...unlogged, CLOUDFLARE_ENV: "", WRANGLER_HIDE_BANNER: "true", FORCE_COLOR: "0" };
    const child = execFile(process.execPath, [WRANGLER, ...args], { env, maxBuffer: 16 << 20 }, done);
    child.stdin?.end(input);
  });
}

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
  readonly output: string;

  constructor(args: readonly string[], output: string) {
    super(`wrangler ${args.join(" ")} failed`);
    this.output = output;
  }
}

/** Times in ms between the attempts of a call that may succeed later. */
const PAUSES_MS = [2_000, 8_000];
/** The longest time that Cloudflare may ask to wait for, ms. */
const LONGEST_PAUSE_MS = 60_000;

/** What a failure of wrangler means, by what it printed, and what can be done about it. */
const REASONS: readonly { pattern: RegExp; advice: string; isTransient: boolean }[] = [
  {
    // https://developers.cloudflare.com/fundamentals/api/troubleshooting/
    pattern:
      /\[code: (?:9109|10000|10001|6003|9106)\]|Authentication error|Unauthorized|CLOUDFLARE_API_TOKEN|-> 40[13]/i,
    advice:
      "Cloudflare does not let this login do that. Run `npx wrangler login`, or give CLOUDFLARE_API_TOKEN the account " +
      "permissions D1, Queues, Workers KV Storage, Workers R2 Storage and Workers Scripts, each with Edit.",
    isTransient: false,
  },
  {
    pattern: /\[code: (?:971|10429)\]|throttling your request|Too Many Requests|rate limit|-> 429/i,
    advice: "Cloudflare limits how often its API is called. Wait for five minutes, then run this again.",
    isTransient: true,
  },
  {
    pattern: /-> 5\d\d|internal (?:server )?error|service unavailable|\[code: (?:10013|15000)\]|fetch failed/i,
    advice:
      "Cloudflare's API failed or was not reached. Look at https://www.cloudflarestatus.com, then run this again.",
    isTransient: true,
  },
];

const OTHER_ADVICE = "Mend what the lines above say, then run this again.";

/** What can be done about a failure, for people. All advice holds for calls that are repeated. */
export function adviceFor(output: string): string {
  return REASONS.find(({ pattern }) => pattern.test(output))?.advice ?? OTHER_ADVICE;
}

/**
 * A wrangler that calls again, twice at most, where Cloudflare limits calls or fails. A call that
 * is made again may find that the first one had its effect.
 */
export function withRetries(wrangler: Wrangler, pause: (ms: number) => Promise<void>): Wrangler {
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

/** Runs the wrangler of this checkout. What it is given is in no argument, which others can read. */
export async function runWrangler(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string, stderr: string) => {
      if (error) reject(new WranglerFailed(args, `${stdout}${stderr}`.trim()));
      else resolve(stdout);
    };
    const env = { ...process.env, WRANGLER_HIDE_BANNER: "true", FORCE_COLOR: "0" };
    const child = execFile(process.execPath, [WRANGLER, ...args], { env, maxBuffer: 16 << 20 }, done);
    child.stdin?.end(input);
  });
}

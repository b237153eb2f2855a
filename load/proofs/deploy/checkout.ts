import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { WRANGLER } from "../../../scripts/wrangler.ts";
import { ACCOUNT_ID, API_TOKEN } from "./fake-operations.ts";

/** How a command ended, and what it printed. */
export interface Ended {
  /** Null where it was killed. */
  code: number | null;
  output: string;
}

/** What a deployment needs of a checkout; all but wrangler.toml and migrations, which change. */
const LINKED = ["src", "scripts", "dist", "node_modules", "package.json", "package-lock.json"];
/** Nothing may keep the proof waiting for ever. */
const TIMEOUT_MS = 300_000;

/** A checkout with a wrangler.toml of its own, whose commands reach a fake of Cloudflare's API. */
export class Checkout {
  readonly #folder = mkdtempSync(join(tmpdir(), "pbt-edge-deploy-"));
  readonly #env: NodeJS.ProcessEnv;
  #running: number | undefined;
  /** Everything that its commands have printed. */
  printed = "";

  constructor(apiUrl: string) {
    for (const name of LINKED) symlinkSync(resolve(name), join(this.#folder, name));
    copyFileSync("wrangler.toml", join(this.#folder, "wrangler.toml"));
    cpSync("migrations", join(this.#folder, "migrations"), { recursive: true });
    mkdirSync(this.#logs);
    this.#env = {
      ...process.env,
      CLOUDFLARE_API_BASE_URL: apiUrl,
      CLOUDFLARE_API_TOKEN: API_TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
      WRANGLER_LOG_PATH: this.#logs,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      XDG_CONFIG_HOME: join(this.#folder, "config"),
      NODE_COMPILE_CACHE: join(tmpdir(), "pbt-edge-compile-cache"),
      NO_COLOR: "1",
      CI: "1",
    };
  }

  get config(): string {
    return readFileSync(join(this.#folder, "wrangler.toml"), "utf8");
  }

  /** Adds the configuration of another deployment, or a migration. */
  addFile(path: string, text: string): void {
    writeFileSync(join(this.#folder, path), text);
  }

  get #logs(): string {
    return join(this.#folder, "logs");
  }

  /** Runs `npm run <script> -- <args>`, to its end. */
  async run(script: string, ...args: string[]): Promise<Ended> {
    return this.#start("npm", ["run", "--silent", script, "--", ...args]);
  }

  /** Runs `npx wrangler <args>`, to its end. */
  async wrangler(...args: string[]): Promise<Ended> {
    return this.#start(process.execPath, [WRANGLER, ...args]);
  }

  /** Runs a command in a process group of its own. */
  async #start(command: string, args: readonly string[]): Promise<Ended> {
    const child = spawn(command, args, {
      cwd: this.#folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#running = child.pid;
    const timer = setTimeout(() => this.kill(), TIMEOUT_MS);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (output += String(piece)));
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(timer);
    this.#running = undefined;
    this.printed += output;
    return { code, output };
  }

  /** Kills what runs, with the processes that it has started. */
  kill(): void {
    if (this.#running === undefined) return;
    try {
      process.kill(-this.#running, "SIGKILL");
    } catch {
      // It has ended.
    }
  }

  /** Wrangler's own logs. */
  logs(): string {
    return readdirSync(this.#logs)
      .map((name) => readFileSync(join(this.#logs, name), "utf8"))
      .join("\n");
  }

  async stop(): Promise<void> {
    this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

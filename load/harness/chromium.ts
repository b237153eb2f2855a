import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

const run = promisify(execFile);

/** This machine has no Chromium, and none can be installed. */
export class ChromiumMissing extends Error {}

/** Where systems keep it. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * Starts a Chromium without a window: the one of `CHROMIUM_PATH`, of Playwright or of the system,
 * or Debian's package, where it may be installed. Throws {@link ChromiumMissing} without any.
 */
export async function startChromium(): Promise<Browser> {
  const executablePath = find() ?? (await install());
  // Root, as in a container, has no sandbox; the pages are our own.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

function find(): string | undefined {
  const named = process.env["CHROMIUM_PATH"];
  return [named, chromium.executablePath(), ...PLACES].find((place) => place !== undefined && existsSync(place));
}

async function install(): Promise<string> {
  const missing = "There is no Chromium: install one, or run `npx playwright-core install chromium`";
  if (process.getuid?.() !== 0) throw new ChromiumMissing(missing);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"], { env });
  } catch (error) {
    throw new ChromiumMissing(missing, { cause: error });
  }
  const installed = find();
  if (installed === undefined) throw new ChromiumMissing(missing);
  return installed;
}

import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Seeded } from "./seed.ts";

/** What the steps work with. */
export interface DashboardWorld {
  browser: Browser;
  url: string;
  /** A key of the tenant with every scope. */
  key: string;
  seeded: Seeded;
  /** Where the server takes the past of a tenant. */
  historyDoor: string;
  /** Where pictures go; null for none. */
  screens: string | null;
}

/** Something that is tried. It throws where it fails, and may return what it measured. */
export interface Step {
  name: string;
  run: () => Promise<string | void>;
}

/** How a page is looked at. */
export interface View {
  theme: "light" | "dark";
  width: number;
}

const HEIGHT = 900;
const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A page of a signed-in browser, with what went wrong on it so far. */
export interface OpenPage {
  page: Page;
  context: BrowserContext;
  faults: string[];
}

/** Signs in as a person does, in a browser profile of its own, does `work`, and closes it. */
export async function signedIn<T>(
  { browser, url, key }: DashboardWorld,
  { theme, width }: View,
  work: (open: OpenPage) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme: theme });
  const page = await context.newPage();
  const faults = watchFaults(page);
  try {
    await page.goto(url);
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    faults.length = 0;
    return await work({ page, context, faults });
  } catch (error) {
    throw new Error(`${String(error)}\nat ${page.url()}: ${await whatIsSeen(page, faults)}`, { cause: error });
  } finally {
    await context.close();
  }
}

/** What a page says of a fault, and the dialog that is open, for the one who reads the proof. */
async function whatIsSeen(page: Page, faults: readonly string[]): Promise<string> {
  const seen = page.locator('[role="alert"], [role="status"], dialog[open]').filter({ visible: true });
  const texts = await seen.allInnerTexts().catch(() => []);
  return [...faults, ...texts.map((text) => text.replaceAll(/\s+/g, " ").trim())].filter(Boolean).join(" | ") || "–";
}

/** Collects what a page complains of: errors of scripts, of the console, and of the server. */
function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`);
  });
  return faults;
}

/** Throws with the faults of a page, where it has some. */
export function requireNoFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.slice(0, 3).join("; "));
}

/**
 * What axe finds on a page. Playwright evaluates it beside the page's own scripts, so that the
 * page's policy holds for the page as it is.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    interface Found {
      id: string;
      nodes: { html: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: Found[] }> } };
    const { violations } = await axe.run({ runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }, AXE_TAGS);
}

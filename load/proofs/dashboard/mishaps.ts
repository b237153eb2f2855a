import type { Page } from "playwright-core";
import { PbtEdge } from "../../../src/client/index.ts";
import { errorText } from "../../harness/error-text.ts";
import { type DashboardWorld, signedIn, type Step } from "./world.ts";

const VIEW = { theme: "light", width: 1280 } as const;
/** A key that is held down: so many more presses, so far apart, ms. */
const HELD = { presses: 15, everyMs: 30 };
const SETTLED_MS = 600;
const PROMPT = "mishaps/greeting";
const FILE = `model: gpt-4o-mini\r\ntemplate: "Hi {{ who }}"\r\nvariables: {who: {type: string, default: Ada}}\r\n`;

type Mishap = (page: Page, world: DashboardWorld, api: PbtEdge) => Promise<void>;

/** What happens between people and pages: the same twice, somebody else faster, no network. */
export function mishapSteps(world: DashboardWorld): Step[] {
  const mishaps: Mishap[] = [twice, late, offline, secret, edits];
  const run = async () =>
    signedIn(world, VIEW, async ({ page }) => {
      const api = new PbtEdge({ baseUrl: world.url, apiKey: world.key });
      for (const mishap of mishaps) {
        await mishap(page, world, api).catch((error: unknown) => {
          throw new Error(`${mishap.name}: ${errorText(error)}`);
        });
      }
      return mishaps.map(({ name }) => name).join(", ");
    });
  return [{ name: "mishaps: what people do twice, offline, too late or too fast", run }];
}

async function openAt(page: Page, { url }: DashboardWorld, path: string): Promise<void> {
  await page.goto(url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** How many POSTs a page sends while something is done. */
async function postsOf(page: Page, act: () => Promise<void>): Promise<number> {
  let posts = 0;
  const onRequest = (request: { method: () => string }) => void (posts += request.method() === "POST" ? 1 : 0);
  page.on("request", onRequest);
  await act();
  await page.waitForTimeout(SETTLED_MS);
  page.off("request", onRequest);
  return posts;
}

function requireEqual(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)}, not ${String(wanted)}`);
}

/** A key that is held down and a double click are paid once. */
async function twice(page: Page, world: DashboardWorld, api: PbtEdge): Promise<void> {
  await api.prompts.publish(PROMPT, FILE);
  await openAt(page, world, `/app/prompts/${encodeURIComponent(PROMPT)}/edit`);
  // The file has CRLF, and is not changed by being opened.
  await page.getByRole("button", { name: /^Try #1/ }).waitFor();
  await page.getByRole("list", { name: "Rendered messages" }).waitFor();
  const held = await postsOf(page, async () => {
    await page.keyboard.down("Control");
    await page.keyboard.down("Enter");
    for (let press = 0; press < HELD.presses; press++) {
      await page.waitForTimeout(HELD.everyMs);
      await page.keyboard.down("Enter");
    }
    await page.keyboard.up("Enter");
    await page.keyboard.up("Control");
  });
  requireEqual(held, 1, "executions of a held Ctrl Enter");
  await openAt(page, world, `/app/prompts/${encodeURIComponent(PROMPT)}`);
  const clicked = await postsOf(page, async () => page.getByRole("button", { name: "Test #1" }).dblclick());
  requireEqual(clicked, 1, "test runs of a double click");
}

/** A label that somebody has moved meanwhile is not moved over. */
async function late(page: Page, world: DashboardWorld, api: PbtEdge): Promise<void> {
  await api.prompts.publish(PROMPT, FILE);
  await api.prompts.publish(PROMPT, `${FILE}description: Second\r\n`);
  await api.prompts.label(PROMPT, "staging", 1);
  await openAt(page, world, `/app/prompts/${encodeURIComponent(PROMPT)}?tab=labels&label=staging`);
  await page.getByRole("button", { name: "Move or split…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("staging means #1 now.").waitFor();
  await api.prompts.label(PROMPT, "staging", 2);
  await dialog.getByRole("button", { name: /^Let it mean/ }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByText("staging means #2 now.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New label…" }).click();
  await dialog.getByLabel("Label").fill("staging");
  await dialog.getByRole("button", { name: /^Let it mean/ }).click();
  await dialog.getByText("There is a label staging").waitFor();
}

/** What is asked for offline fails, and is not done later. */
async function offline(page: Page, world: DashboardWorld): Promise<void> {
  await openAt(page, world, `/app/tests?prompt=${encodeURIComponent(world.seeded.prompt)}`);
  await page.getByRole("button", { name: "Run tests" }).click();
  await page.context().setOffline(true);
  await page.getByRole("dialog").getByRole("button", { name: "Run tests" }).click();
  await page.getByRole("dialog").getByText("The deployment does not answer.").waitFor();
  await page.keyboard.press("Escape");
  const later = await postsOf(page, async () => page.context().setOffline(false));
  requireEqual(later, 0, "test runs once the network is back");
}

/** A secret is not closed by a second Enter, and the focus comes back. */
async function secret(page: Page, world: DashboardWorld): Promise<void> {
  await openAt(page, world, "/app/keys");
  const create = page.getByRole("button", { name: "Create a key" });
  await create.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/prompts:read/).check();
  await page.route("**/v1/keys", async (route) => {
    await page.waitForTimeout(SETTLED_MS);
    await route.continue();
  });
  // Before the next paint.
  await dialog.getByLabel("Name").fill("mishaps");
  await page.keyboard.press("Enter");
  await dialog.and(page.locator("[aria-busy=true]")).waitFor();
  await page.keyboard.press("Escape");
  await dialog.getByRole("heading", { name: "The secret of mishaps" }).waitFor();
  await page.keyboard.press("Enter");
  await dialog.getByText("is not shown again").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await create.and(page.locator(":focus")).waitFor();
  await page.unrouteAll();
}

/** Edits of a new prompt stay with it, and a filter keeps its letters. */
async function edits(page: Page, world: DashboardWorld): Promise<void> {
  const name = "mishaps/new";
  await openAt(page, world, "/app/new-prompt");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("No faults.").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("is the newest version").waitFor();
  const file = page.getByRole("textbox", { name: "Prompt file" });
  await file.focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# kept");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: /^Prompts/ })
    .click();
  const filter = page.getByLabel("Name begins with");
  // As fast as the filter is asked for.
  await filter.pressSequentially(name, { delay: 205 });
  requireEqual(await filter.inputValue(), name, "the filter");
  await page.getByRole("link", { name: `Edit ${name}` }).click();
  await file.getByText("# kept").waitFor();
}

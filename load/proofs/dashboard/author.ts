import type { Locator, Page } from "playwright-core";
import { PbtEdge } from "../../../src/client/index.ts";
import { axeViolations, type DashboardWorld, requireNoFaults, signedIn, type Step } from "./world.ts";

const VIEW = { theme: "light", width: 1280 } as const;
/** More presses of Tab than any page has places. */
const MOST_TABS = 120;
const DONE_MS = 30_000;

/** An author's way, with the keyboard alone: edit, render, try, publish, test, promote. */
export function authorSteps(world: DashboardWorld): Step[] {
  return [
    { name: "author: edit, render, publish and try, test, promote, by keyboard alone", run: async () => author(world) },
  ];
}

async function author(world: DashboardWorld): Promise<string> {
  const { prompt } = world.seeded;
  return signedIn(world, VIEW, async ({ page, faults }) => {
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await openPromptBySearch(page, prompt);
    await follow(
      page,
      page.getByRole("link", { name: `Edit ${prompt}` }).or(page.getByRole("link", { name: /^Edit/ })),
    );
    await editText(page);
    await fill(page, page.getByLabel("product"), "Acme Mail");
    await fill(page, page.getByLabel("body"), "where is my parcel?");
    await page
      .getByRole("list", { name: "Rendered messages" })
      .getByText("Kindly route this ticket for Acme Mail")
      .waitFor();
    const found = await axeViolations(page);
    if (found.length > 0) throw new Error(`axe finds in the editor: ${found.join("; ")}`);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Publish and try", exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "Answer" }).getByText("Acme Mail").waitFor({ timeout: DONE_MS });
    await follow(page, page.getByRole("button", { name: "Run tests of #3" }));
    await page.getByText("1 of 1 passed").waitFor({ timeout: DONE_MS });
    await follow(page, page.getByRole("button", { name: /^Promote #3/ }));
    await fill(page, page.getByRole("dialog").getByLabel("Label"), "production");
    await fill(page, page.getByRole("dialog").getByLabel("Reason"), "It says kindly");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("production means #3 now.").waitFor({ timeout: DONE_MS });
    requireNoFaults(faults);
    return `production of ${prompt} means version ${await productionOf(world)}`;
  });
}

/** `/` and the beginning of a prompt's name. */
async function openPromptBySearch(page: Page, prompt: string): Promise<void> {
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type(prompt.slice(0, -2));
  await page.getByRole("option", { name: prompt, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: prompt.replace(/^.*\//, "") }).waitFor();
}

/** The line of the seeded file that is changed, from 0, and its first word. */
const [CHANGED_LINE, CHANGED_WORD] = [3, "Please"];

/** Changes a word of the newest file as it stands in the editor. */
async function editText(page: Page): Promise<void> {
  const file = page.getByRole("textbox", { name: "Prompt file" });
  await tabTo(page, file);
  await page.keyboard.press("Control+Home");
  for (let line = 0; line < CHANGED_LINE; line++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Home");
  for (let at = 0; at < CHANGED_WORD.length; at++) await page.keyboard.press("Delete");
  await page.keyboard.type("Kindly");
  // In the editor Tab indents; Escape lets the next one leave it.
  await page.keyboard.press("Escape");
}

/** Moves on with Tab until something has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.first().waitFor();
  const hasFocus = async () => target.first().evaluate((element) => element.matches(":focus"));
  for (let presses = 0; presses < MOST_TABS; presses++) {
    if (await hasFocus()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${String(target)} is not reached with Tab`);
}

async function follow(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

async function fill(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

/** What the label means by the API. Throws where it is not the version that was promoted. */
async function productionOf({ url, key, seeded }: DashboardWorld): Promise<number> {
  const api = new PbtEdge({ baseUrl: url, apiKey: key });
  const { version } = await api.prompts.get(seeded.prompt, { label: "production" });
  if (version !== 3) throw new Error(`production means version ${version}`);
  return version;
}

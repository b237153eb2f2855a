import type { Page } from "playwright-core";
import { PbtEdge } from "../../../src/client/index.ts";
import { signedIn, type DashboardWorld, type Step } from "./world.ts";

const VIEW = { theme: "light", width: 1280 } as const;
/** How long a live tail is listened to, ms, and what it may ask in this time. */
const TAIL_MS = 4_000;
const MOST_ASKED = 6;
const PAGES = 4;

/** What pages do where something goes wrong, and where much goes on. */
export function faultSteps(world: DashboardWorld): Step[] {
  return [
    { name: "faults: a page that breaks says so, and the others stay", run: async () => breakPage(world) },
    { name: "faults: a part that a deploy has replaced is told", run: async () => missPart(world) },
    { name: "session: another tab's sign-in is every tab's", run: async () => changeKey(world) },
    { name: "live tail: asks for the newest page alone", run: async () => tail(world) },
  ];
}

async function follow(page: Page, title: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name: title }).click();
}

async function breakPage(world: DashboardWorld): Promise<void> {
  await signedIn(world, VIEW, async ({ page }) => {
    await page.route("**/v1/budgets", async (route) => route.fulfill({ json: { data: [null] } }));
    await follow(page, "Budgets");
    await page.getByRole("alert").waitFor();
    await follow(page, "Executions");
    await page.getByRole("heading", { level: 1, name: "Executions" }).waitFor();
    await page.unrouteAll();
    await follow(page, "Budgets");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { level: 1, name: "Budgets" }).waitFor();
  });
}

async function missPart(world: DashboardWorld): Promise<void> {
  await signedIn(world, VIEW, async ({ page }) => {
    // A page that was reloaded for it in this minute is not reloaded again.
    await page.evaluate(`sessionStorage.setItem("pbt-reloaded-at", String(Date.now()))`);
    await page.route("**/assets/app/*", async (route) => route.abort());
    await follow(page, "Budgets");
    await page.getByRole("alert").waitFor();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { level: 1, name: "Budgets" }).waitFor();
  });
}

async function changeKey(world: DashboardWorld): Promise<void> {
  const api = new PbtEdge({ baseUrl: world.url, apiKey: world.key });
  const name = "another-tab";
  const { secret } = await api.request("POST /v1/keys", { body: { name, scopes: ["executions:read"] } });
  await signedIn(world, VIEW, async ({ page, context }) => {
    const other = await context.newPage();
    await other.goto(world.url);
    await other.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    await other.getByLabel("API key").fill(secret);
    await other.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(`key ${name}`).waitFor();
  });
}

async function tail(world: DashboardWorld): Promise<string> {
  const api = new PbtEdge({ baseUrl: world.url, apiKey: world.key });
  return signedIn(world, VIEW, async ({ page }) => {
    await page.route("**/v1/executions?*", async (route) => {
      // As if there were several pages, all of which the table asks for.
      const [, at = "0"] = /cursor=(\d+)/.exec(route.request().url()) ?? [];
      const { data } = await api.request("GET /v1/executions", { query: { limit: 5 } });
      const next_cursor = Number(at) < PAGES - 1 ? String(Number(at) + 1) : null;
      await route.fulfill({ json: { data: data.map((each) => ({ ...each, id: `${each.id}${at}` })), next_cursor } });
    });
    await page.goto(`${world.url}/app/executions`);
    await page.waitForResponse((response) => response.url().includes(`cursor=${PAGES - 1}`));
    let asked = 0;
    page.on("request", (request) => void (asked += request.url().includes("/v1/executions?") ? 1 : 0));
    await page.getByRole("button", { name: "Live tail" }).click();
    await page.waitForTimeout(TAIL_MS);
    if (asked > MOST_ASKED) throw new Error(`${asked} requests in ${TAIL_MS} ms`);
    return `${asked} requests in ${TAIL_MS} ms`;
  });
}

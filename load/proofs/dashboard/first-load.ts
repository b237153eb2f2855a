import { gzipSync } from "node:zlib";
import { signedIn, type DashboardWorld, type Step } from "./world.ts";

/** What the first page may load, compressed, bytes. */
const MOST_BYTES = 100 * 1024;
const INTERACTIVE_GOAL_MS = 1_000;

/** What the first page loads, and how soon it can be used. */
export function firstLoadSteps(world: DashboardWorld): Step[] {
  return [{ name: "first load: at most 100 KB, compressed", run: async () => measureFirstLoad(world) }];
}

/** The time is printed, not judged: it is the machine's as much as the page's. */
async function measureFirstLoad(world: DashboardWorld): Promise<string> {
  return signedIn(world, { theme: "light", width: 1280 }, async ({ page, context }) => {
    await page.close();
    const fresh = await context.newPage();
    const sizes: number[] = [];
    fresh.on("response", (response) => {
      const isPart = new URL(response.url()).pathname.startsWith("/assets/") || response.url() === `${world.url}/`;
      if (isPart) void response.body().then((body) => sizes.push(gzipSync(body).length));
    });
    const startedAt = performance.now();
    await fresh.goto(world.url, { waitUntil: "commit" });
    await fresh.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await fresh.getByRole("button", { name: "Search" }).click({ trial: true });
    const ms = Math.round(performance.now() - startedAt);
    await fresh.locator("canvas").first().waitFor();
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const kb = (bytes / 1024).toFixed(1);
    if (bytes > MOST_BYTES) throw new Error(`${kb} KB`);
    return `${kb} KB in ${sizes.length} files; usable after ${ms} ms (goal ${INTERACTIVE_GOAL_MS})`;
  });
}

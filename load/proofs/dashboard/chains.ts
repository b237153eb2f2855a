import { PbtEdge } from "../../../src/client/index.ts";
import { type DashboardWorld, requireNoFaults, signedIn, type Step } from "./world.ts";

const VIEW = { theme: "light", width: 1280 } as const;
const DONE_MS = 30_000;
/** How long a call of the run that is followed takes, ms: longer than its page needs to open. */
const SLOW_MS = 25_000;

/** Runs of chains: one with inputs as it streams, one that is cancelled, and a label rolled back. */
export function chainSteps(world: DashboardWorld): Step[] {
  return [
    { name: "chains: run with inputs, the result as it comes, the run's waterfall", run: async () => runIt(world) },
    { name: "chains: a run that goes on is followed and cancelled", run: async () => cancelIt(world) },
    { name: "chains: a label is rolled back", run: async () => rollBack(world) },
  ];
}

async function runIt(world: DashboardWorld): Promise<string> {
  const chain = encodeURIComponent(world.seeded.chain);
  return signedIn(world, VIEW, async ({ page, faults }) => {
    await page.goto(`${world.url}/app/chains/${chain}?tab=run`);
    await page.getByLabel("product").fill("Acme Mail");
    await page.getByLabel("body").fill("where is my parcel?");
    await page.getByLabel("languages").fill('["Danish"]');
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("group", { name: "Result" }).getByText("Danish").waitFor({ timeout: DONE_MS });
    const states = page.getByRole("region", { name: "Cost and state by step" });
    await states.getByText("skipped", { exact: true }).waitFor({ timeout: DONE_MS });
    await page.getByRole("link", { name: "Open the run" }).click();
    await page.getByRole("heading", { level: 1, name: "Chain run" }).waitFor();
    // The waterfall is there once the executions of the steps are on record.
    await page
      .getByRole("row", { name: /greetings.* ms$/ })
      .first()
      .waitFor({ timeout: DONE_MS });
    requireNoFaults(faults.filter((fault) => !fault.includes("404")));
    return new URL(page.url()).pathname.replace(/run_.*/, "…");
  });
}

async function cancelIt(world: DashboardWorld): Promise<void> {
  const { url, key, seeded } = world;
  const api = new PbtEdge({ baseUrl: url, apiKey: key });
  const inputs = { product: "Acme", body: `[[mock:{"delay_ms": ${SLOW_MS}}]] slow` };
  const { id } = await api.request("POST /v1/chains/{name}/execute", {
    path: { name: seeded.chain },
    body: { inputs, async: true },
  });
  await signedIn(world, VIEW, async ({ page }) => {
    await page.goto(`${url}/app/chain-runs/${id}`);
    await page.getByText(/^0 of 3 steps ended/).waitFor({ timeout: DONE_MS });
    await page.getByRole("button", { name: "Cancel run" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
    await page.getByRole("img", { name: /team first, cancelled/ }).waitFor({ timeout: DONE_MS });
  });
  const { status } = await api.request("GET /v1/chain-runs/{id}", { path: { id } });
  if (status !== "cancelled") throw new Error(`the run is ${status}`);
}

async function rollBack(world: DashboardWorld): Promise<void> {
  const { url, key, seeded } = world;
  await signedIn(world, VIEW, async ({ page, faults }) => {
    await page.goto(`${url}/app/chains/${encodeURIComponent(seeded.chain)}?tab=labels`);
    await page.getByRole("button", { name: "Roll back…" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("Spanish is wrong");
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("table", { name: "History of production" }).getByText("rollback").first().waitFor();
    requireNoFaults(faults);
  });
  const api = new PbtEdge({ baseUrl: url, apiKey: key });
  const { version } = await api.request("GET /v1/chains/{name}", {
    path: { name: seeded.chain },
    query: { label: "production" },
  });
  if (version !== 1) throw new Error(`production means version ${version}, not 1`);
}

import type { Page } from "playwright-core";
import { sendHistory } from "../../../scripts/demo/history-door.ts";
import { PbtEdge } from "../../../src/client/index.ts";
import { axeViolations, type DashboardWorld, requireNoFaults, signedIn, type Step } from "./world.ts";

const VIEW = { theme: "dark", width: 1280 } as const;
const BAD_EXECUTIONS = 12;
const SHOWN_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Long enough for what is usual to be known, and how long ago what is not began. */
const PAST = { days: 24, spikeHours: 3 };
/** Answers about what is unusual are kept for a minute. */
const KEPT_MS = 65_000;

/** An operator's way: a spike live and as an anomaly, what is behind it with its trace, back. */
export function operatorSteps(world: DashboardWorld): Step[] {
  return [
    {
      name: "operator: a spike, its anomaly on the plot, its executions, the trace, roll back",
      run: async () => operate(world),
    },
  ];
}

async function operate(world: DashboardWorld): Promise<string> {
  const { url, key, seeded } = world;
  const api = new PbtEdge({ baseUrl: url, apiKey: key, maxRetries: 0 });
  const before = await api.prompts.get(seeded.prompt, { label: "production" });
  const { version: bad } = await publishBad(api, seeded.prompt);
  await api.prompts.label(seeded.prompt, "production", bad);
  const planted = await plantPast(world, api, { usual: before.version, bad });
  return signedIn(world, VIEW, async ({ page, faults }) => {
    for (let n = 0; n < BAD_EXECUTIONS; n++) {
      const variables = { product: "Acme", body: `late ${n}` };
      await api.execute(seeded.prompt, { variables, label: "production" }).catch(() => undefined);
    }
    await page.getByText("more than 1 %").waitFor({ timeout: SHOWN_MS });
    await openAnomaly(page, seeded.prompt);
    await page.getByRole("table", { name: "Executions" }).getByRole("link").first().click();
    await readTrace(page);
    await page.getByRole("link", { name: seeded.prompt }).click();
    await rollBack(page, seeded.prompt);
    requireNoFaults(faults.filter((fault) => !fault.startsWith("5")));
    const { version } = await api.prompts.get(seeded.prompt, { label: "production" });
    if (version !== before.version) throw new Error(`production means version ${version}, not ${before.version}`);
    return `${planted} executions of ${PAST.days} days; from version ${bad} back to ${version}`;
  });
}

/** A version that every provider refuses. */
async function publishBad(api: PbtEdge, name: string) {
  const { version } = await api.prompts.get(name, { label: "latest" });
  const file = await api.prompts.file(name, { version });
  return api.prompts.publish(name, file.replace("route this ticket", '[[mock:{"status": 400}]] route this ticket'));
}

/** The prompt's last weeks, whose last whole hours have failures of the version that is bad. */
async function plantPast(
  { historyDoor, seeded }: DashboardWorld,
  api: PbtEdge,
  { usual, bad }: { usual: number; bad: number },
): Promise<number> {
  const { tenant, key } = await api.request("GET /v1/session");
  // An hour is complete some minutes after its end.
  const to = Math.floor((Date.now() - 2 * HOUR_MS) / HOUR_MS) * HOUR_MS + HOUR_MS;
  return sendHistory(historyDoor, {
    tenant_id: tenant.id,
    key_id: key.id,
    to,
    days: PAST.days,
    seed: 3,
    prompts: [
      {
        prompt: seeded.prompt,
        version: usual,
        label: "production",
        tags: ["support"],
        model: "gpt-4o-mini",
        provider: "openai",
        rate: 12,
        latencyMs: 500,
        tokens: { input: 200, output: 40 },
        nanousdPerToken: { input: 150, output: 600 },
        cached: 0.1,
      },
    ],
    incidents: [
      { prompt: seeded.prompt, hoursAgo: PAST.spikeHours, hours: PAST.spikeHours, rate: 3, errors: 0.7, version: bad },
    ],
  });
}

/** Opens the overview's plot of errors, and from its anomaly the executions behind it. */
async function openAnomaly(page: Page, prompt: string): Promise<void> {
  const anomaly = page.getByRole("link", { name: `error rate of ${prompt} up` }).first();
  await anomaly.waitFor({ timeout: KEPT_MS + SHOWN_MS });
  const found = await axeViolations(page);
  if (found.length > 0) throw new Error(`axe finds beside an anomaly: ${found.join("; ")}`);
  await anomaly.click();
  await page.getByRole("heading", { level: 1, name: "Executions" }).waitFor();
  await page.getByRole("button", { name: "Any time" }).waitFor();
}

/** The waterfall and the trace of a failed execution. */
async function readTrace(page: Page): Promise<void> {
  await page.getByRole("cell", { name: /ms$/ }).first().waitFor();
  await page
    .getByText(/HTTP [45]00/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Link to a collector…" }).click();
  await page.getByRole("dialog").getByLabel("Address of a trace").fill("https://tempo.example.com/trace/{trace_id}");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  const href = await page.getByRole("link", { name: "Open the trace" }).getAttribute("href");
  if (!/\/trace\/[0-9a-f]{32}$/.test(href ?? "")) throw new Error(`the trace is at ${href}`);
}

async function rollBack(page: Page, prompt: string): Promise<void> {
  await page.getByRole("button", { name: "Labels" }).click();
  await page
    .getByRole("table", { name: `Labels of ${prompt}` })
    .getByRole("link", { name: "production" })
    .click();
  await page.getByRole("button", { name: "Roll back…" }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("It fails");
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("table", { name: "History of production" }).getByText("rollback").first().waitFor();
}

import { PbtEdge } from "../../../src/client/index.ts";
import { type DashboardWorld, requireNoFaults, signedIn, type Step } from "./world.ts";

const VIEW = { theme: "dark", width: 1280 } as const;
const BAD_EXECUTIONS = 12;
const SHOWN_MS = 30_000;

/** An operator's way: failures live, an execution behind them with its trace, a roll back. */
export function operatorSteps(world: DashboardWorld): Step[] {
  return [
    {
      name: "operator: a spike of failures, its executions, the waterfall, roll back",
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
  return signedIn(world, VIEW, async ({ page, faults }) => {
    for (let n = 0; n < BAD_EXECUTIONS; n++) {
      const variables = { product: "Acme", body: `late ${n}` };
      await api.execute(seeded.prompt, { variables, label: "production" }).catch(() => undefined);
    }
    await page.getByText("more than 1 %").waitFor({ timeout: SHOWN_MS });
    await page.goto(`${url}/app/executions?status=failed&prompt=${encodeURIComponent(seeded.prompt)}`);
    await page.getByRole("table", { name: "Executions" }).getByRole("link").first().click();
    await page.getByRole("cell", { name: /ms$/ }).first().waitFor();
    await page.getByText("HTTP 400").first().waitFor();
    await page.getByRole("link", { name: seeded.prompt }).click();
    await page.getByRole("button", { name: "Labels" }).click();
    await page
      .getByRole("table", { name: `Labels of ${seeded.prompt}` })
      .getByRole("link", { name: "production" })
      .click();
    await page.getByRole("button", { name: "Roll back…" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("It fails");
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("table", { name: "History of production" }).getByText("rollback").first().waitFor();
    requireNoFaults(faults.filter((fault) => !fault.startsWith("5")));
    const { version } = await api.prompts.get(seeded.prompt, { label: "production" });
    if (version !== before.version) throw new Error(`production means version ${version}, not ${before.version}`);
    return `from version ${bad} back to ${version}`;
  });
}

/** A version that every provider refuses. */
async function publishBad(api: PbtEdge, name: string) {
  const { version } = await api.prompts.get(name, { label: "latest" });
  const file = await api.prompts.file(name, { version });
  return api.prompts.publish(name, file.replace("route this ticket", '[[mock:{"status": 400}]] route this ticket'));
}

import { join } from "node:path";
import { axeViolations, type DashboardWorld, requireNoFaults, signedIn, type Step, type View } from "./world.ts";

const VIEWS: readonly View[] = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 390 },
  { theme: "dark", width: 390 },
];

/** How long a page may take to show what it has, ms. */
const SETTLED_MS = 15_000;

/** Each page with the heading that it has. */
function pagesOf({ seeded }: DashboardWorld): [path: string, heading: string][] {
  const prompt = encodeURIComponent(seeded.prompt);
  return [
    ["/", "Overview"],
    ["/app/executions", "Executions"],
    [`/app/executions/${seeded.execution}`, "Execution"],
    [`/app/executions/${seeded.failedExecution}`, "Execution"],
    ["/app/insights", "Insights"],
    ["/app/insights?tab=anomalies", "Insights"],
    ["/app/insights?tab=forecast", "Insights"],
    ["/app/usage", "Usage and cost"],
    ["/app/budgets", "Budgets"],
    ["/app/limits", "Limits"],
    ["/app/cache", "Cache"],
    ["/app/nowhere", "Not found"],
    ["/app/prompts", "Prompts"],
    ...["versions", "source", "diff", "labels", "promotions", "tests", "danger"].map((tab): [string, string] => [
      `/app/prompts/${prompt}?tab=${tab}`,
      seeded.prompt.replace(/^.*\//, ""),
    ]),
    [`/app/prompts/${prompt}/edit`, `Edit ${seeded.prompt.replace(/^.*\//, "")}`],
    ["/app/new-prompt", "New prompt"],
    ...["runs", "comparisons", "optimizations"].map((tab): [string, string] => [
      `/app/tests?tab=${tab}&prompt=${prompt}`,
      "Tests and compare",
    ]),
    [`/app/test-runs/${seeded.testRun}`, "Test run"],
    ["/app/compare", "New comparison"],
    [`/app/comparisons/${seeded.comparison}`, "Comparison"],
    ["/app/batches", "Batches"],
    [`/app/batches/${seeded.batch}`, "Batch"],
    ["/app/chains", "Chains"],
    ["/app/chains?tab=runs", "Chains"],
    ...["steps", "run", "runs", "versions", "labels", "source"].map((tab): [string, string] => [
      `/app/chains/${encodeURIComponent(seeded.chain)}?tab=${tab}`,
      seeded.chain.replace(/^.*\//, ""),
    ]),
    [`/app/chain-runs/${seeded.chainRun}`, "Chain run"],
    ["/app/keys", "Keys and audit"],
    ["/app/keys?tab=audit", "Keys and audit"],
  ];
}

/** Every page in both themes and at two widths. */
export function pageSteps(world: DashboardWorld): Step[] {
  return VIEWS.map((view) => ({
    name: `pages: each one, ${view.theme}, ${view.width} px wide`,
    run: async () => lookAtAll(world, view),
  }));
}

async function lookAtAll(world: DashboardWorld, view: View): Promise<string> {
  const pages = pagesOf(world);
  await signedIn(world, view, async ({ page, faults }) => {
    for (const [path, heading] of pages) {
      await page.goto(world.url + path);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached", timeout: SETTLED_MS });
      const found = await axeViolations(page);
      if (found.length > 0) throw new Error(`${path}: axe finds ${found.join("; ")}`);
      const overflow = await page.evaluate(() => {
        const { document } = globalThis as unknown as {
          document: { documentElement: { scrollWidth: number; clientWidth: number } };
        };
        return document.documentElement.scrollWidth - document.documentElement.clientWidth;
      });
      if (overflow > 0) throw new Error(`${path} is ${overflow} px wider than the window`);
      if (world.screens !== null) await page.screenshot({ path: join(world.screens, pictureName(path, view)) });
    }
    requireNoFaults(faults);
  });
  return `${pages.length} pages`;
}

function pictureName(path: string, { theme, width }: View): string {
  const name = path.replaceAll(/exe_[\w-]+|run_[\w-]+|bat_[\w-]+/g, "one").replaceAll(/\W+/g, "-");
  return `${name === "-" ? "overview" : name}-${theme}-${width}.png`;
}

import { Command } from "commander";
import { ApiError, PermissionError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { inParallel } from "../project/in-parallel.ts";
import { modelsShuttingDown, type ShutdownModel } from "../project/shutdown-models.ts";
import { wholeNumber } from "./selection.ts";

type Verdict = "ok" | "warning" | "failed" | "skipped";

/** One thing that was looked at. */
interface Finding {
  check: string;
  verdict: Verdict;
  detail: string;
}

/** What names a model that is shut down soon. */
interface NamedModel extends ShutdownModel {
  prompts: string[];
}

/** `pbt-edge doctor`: whether everything is as it should be, and what to do where it is not. */
export function doctorCommand(start: StartCli): Command {
  return new Command("doctor")
    .description("check the settings, the server, the key, the project, and models that are shut down soon")
    .option("--days <count>", "warn of models that are shut down within so many days", wholeNumber, 90)
    .action(async (options: SharedOptions & { days: number }) => {
      const cli = start(options);
      const findings: Finding[] = [];
      let isReachable = true;
      for (const [check, work] of checksOf(cli, options.days)) {
        if (!isReachable && check !== "project")
          findings.push({ check, verdict: "skipped", detail: "the server does not answer" });
        else findings.push({ check, ...(await verdictOf(work)) });
        if (check === "server" || check === "settings") isReachable &&= findings.at(-1)?.verdict !== "failed";
      }
      if (findings.some(({ verdict }) => verdict === "failed")) cli.markFailed();
      const marks = {
        ok: cli.paint.green("✓"),
        warning: cli.paint.yellow("!"),
        failed: cli.paint.red("✗"),
        skipped: cli.paint.dim("·"),
      };
      cli.result(findings, () =>
        findings.map(({ check, verdict, detail }) => `${marks[verdict]} ${cli.paint.bold(check)} ${detail}`),
      );
    });
}

type Check = () => Promise<Omit<Finding, "check">>;

function checksOf(cli: Cli, days: number): [string, Check][] {
  const ok = (detail: string) => ({ verdict: "ok" as const, detail });
  return [
    ["settings", async () => ok(`${cli.connection.url}, from ${cli.connection.source}`)],
    ["server", async () => serverFinding(cli)],
    ["key", async () => keyFinding(cli)],
    ["project", async () => projectFinding(cli)],
    ["providers", async () => providersFinding(cli)],
    ["models", async () => modelsFinding(cli, days)],
  ];
}

async function verdictOf(work: Check): Promise<Omit<Finding, "check">> {
  try {
    return await work();
  } catch (error) {
    // A key need not be allowed everything.
    const verdict = error instanceof PermissionError ? "skipped" : "failed";
    return { verdict, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function serverFinding({ client, io }: Cli): Promise<Omit<Finding, "check">> {
  const began = io.now();
  const { status, checks } = await client.request("GET /ready", { maxRetries: 0, timeoutMs: 10_000 });
  const failed = Object.entries(checks)
    .filter(([, state]) => state !== "ok")
    .map(([name]) => name);
  const time = `answers in ${io.now() - began} ms`;
  if (status === "ready")
    return { verdict: "ok", detail: `${time}; all of ${Object.keys(checks).length} parts are well` };
  return { verdict: "warning", detail: `${time}; out of order: ${failed.join(", ")}` };
}

async function keyFinding({ client }: Cli): Promise<Omit<Finding, "check">> {
  const { data } = await client.prompts.list({ limit: 100 }).page();
  return {
    verdict: "ok",
    detail: `is accepted; the tenant has ${data.length === 100 ? "100 or more" : data.length} prompts`,
  };
}

async function projectFinding(cli: Cli): Promise<Omit<Finding, "check">> {
  const { checkPrompt } = await import("../project/check-prompt.ts");
  const { prompts } = cli.project;
  const faulty = prompts.flatMap((prompt) => {
    const { fault } = checkPrompt(prompt);
    return fault === null ? [] : [`${prompt.path}: ${fault}`];
  });
  if (faulty.length > 0) return { verdict: "failed", detail: faulty.join("; ") };
  return { verdict: "ok", detail: `${prompts.length} prompts without faults in ${cli.projectFolder}` };
}

/** How the keys of the providers stand, for those who may know. */
async function providersFinding({ client }: Cli): Promise<Omit<Finding, "check">> {
  const { data } = await client.providers.gate();
  const parked = data.flatMap(({ provider, keys }) =>
    keys
      .filter(({ status }) => status === "parked")
      .map((key) => `${provider}/${key.name} (${key.parked_for ?? "parked"})`),
  );
  if (parked.length > 0) return { verdict: "warning", detail: `refused by their provider: ${parked.join(", ")}` };
  if (data.length === 0) return { verdict: "ok", detail: "none was called yet" };
  const keys = data.map(({ provider, keys }) => `${provider} (${keys.length} ${keys.length === 1 ? "key" : "keys"})`);
  return { verdict: "ok", detail: `take calls: ${keys.join(", ")}` };
}

async function modelsFinding(cli: Cli, days: number): Promise<Omit<Finding, "check">> {
  const listed = await cli.client.request("GET /v1/models", { maxRetries: 0 });
  const ending = modelsShuttingDown((listed["data"] ?? []) as Record<string, unknown>[], cli.io.now(), days);
  if (ending.length === 0)
    return { verdict: "ok", detail: `no provider says that it shuts one down within ${days} days` };
  const named = await promptsNaming(cli, ending);
  const concerned = named.filter(({ prompts }) => prompts.length > 0);
  const detail = named
    .map(
      ({ model, date, prompts }) =>
        `${model} ends on ${date}${prompts.length > 0 ? `, named by ${prompts.join(", ")}` : ""}`,
    )
    .join("; ");
  return { verdict: concerned.length > 0 ? "warning" : "ok", detail };
}

async function promptsNaming({ client }: Cli, ending: readonly ShutdownModel[]): Promise<NamedModel[]> {
  const stored = await client.prompts.list({ limit: 100 }).all();
  const models = await inParallel(stored, async ({ name }) => {
    try {
      return { name, models: (await client.prompts.get(name)).definition.models };
    } catch (error) {
      if (error instanceof ApiError) return { name, models: [] };
      throw error;
    }
  });
  return ending.map((each) => ({
    ...each,
    prompts: models
      .filter(({ models: named }) => named.some((model) => modelName(model) === modelName(each.model)))
      .map(({ name }) => name),
  }));
}

/** `openai/gpt-4o-mini` and `gpt-4o-mini` are one model. */
function modelName(model: string): string {
  return model.replace(/^(?:openai|anthropic)\//, "");
}

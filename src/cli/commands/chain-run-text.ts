import type { OperationResult } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { formatUsd } from "../output/units.ts";

/** A run of a chain as it stands. */
export type ChainRunReply = OperationResult<"GET /v1/chain-runs/{id}">;

const WATCH_EVERY_MS = 1_000;

/** A run that has ended, asked for again and again until it has. */
export async function untilEnded({ client, io, progress }: Cli, id: string): Promise<ChainRunReply> {
  for (;;) {
    const run = await client.request("GET /v1/chain-runs/{id}", { path: { id } });
    if (run.status !== "running") return run;
    progress.show(`${run.steps.filter(({ status }) => status !== "pending").length}/${run.steps.length} steps`);
    await io.wait(WATCH_EVERY_MS, io.signal);
  }
}

/** How each step of a run ended, a line each, and what they cost. */
export function stepLines({ paint }: Cli, { steps, cost_usd: cost, id }: ChainRunReply): string[] {
  const lines = steps.map(({ id: step, prompt, status, error, cost_usd: own }) => {
    const mark = status === "succeeded" ? paint.green("✓") : status === "failed" ? paint.red("✗") : paint.dim("·");
    const fault = error === null ? "" : ` ${paint.red(error.detail)}`;
    return `${mark} ${paint.bold(step)} ${paint.dim(`${prompt}, ${status}, ${formatUsd(own)}`)}${fault}`;
  });
  return [...lines, paint.dim(`${formatUsd(cost)} · ${id}`)];
}

/** The output of a run as one text. */
export function textOf(output: ChainRunReply["output"]): string {
  return Array.isArray(output) ? output.map((each) => each ?? "").join("\n") : (output ?? "");
}

import * as z from "zod";
import type { Expected } from "../../domain/insights/holt-winters.ts";
import type { LeftOut } from "../../services/insights/examined-subjects.ts";

/** What an answer leaves out. */
export const leftOutView = z
  .object({
    prompts: z.int().describe("Prompts that were not examined"),
    models: z.int().describe("Models that were not examined"),
    executions_share: z.number().describe("The share of all executions that those prompts had"),
  })
  .describe("Only those with the most executions are examined; `prompt` names any other one");

/** What is expected, and the bounds that hold nine times in ten. */
export const expectedView = z.object({
  expected: z.number(),
  low: z.number().describe("The lower bound of the 90 % interval"),
  high: z.number().describe("The upper bound of the 90 % interval"),
});

/** A share or an amount with as many digits as say something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** An expectation in a unit. */
export function toExpectedView({ expected, low, high }: Expected, unit = 1): z.infer<typeof expectedView> {
  return { expected: rounded(expected / unit), low: rounded(low / unit), high: rounded(high / unit) };
}

/** Shares with as many digits as say something. */
export function toLeftOutView(left: LeftOut): LeftOut {
  return { ...left, executions_share: rounded(left.executions_share) };
}

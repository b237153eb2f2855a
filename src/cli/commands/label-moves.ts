import type { OperationBody, OperationResult } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure } from "../errors.ts";

/** A promotion as the API tells it. */
export type PromotionReply = OperationResult<"GET /v1/promotions/{id}">;

/** What a label means: one version, or several with weights. */
export interface LabelMeaning {
  version?: number;
  split?: { version: number; weight: number }[];
}

/** What came of moving a label: it moved, or a protected one waits for its checks. */
export interface MovedLabel extends LabelMeaning {
  name: string;
  label: string;
  /** Set where the label is protected. */
  promotion?: PromotionReply;
}

type Target = OperationBody<"PUT /v1/prompts/{name}/labels/{label}">;

/** Points a label at a version or a split; a protected one is asked to move. */
export async function moveLabel({ client }: Cli, name: string, label: string, target: Target): Promise<MovedLabel> {
  const reply = await client.prompts.label(name, label, target);
  return "promotion" in reply ? { name, label, promotion: reply.promotion } : reply;
}

/** `#3`, or `#3 (90), #4 (10)` for a split; `nothing` where it is not set. */
export function meaningText(meaning: LabelMeaning | null): string {
  if (meaning?.version !== undefined) return `#${meaning.version}`;
  const arms = meaning?.split ?? [];
  return arms.map(({ version, weight }) => `#${version} (${weight})`).join(", ") || "nothing";
}

/** The lines about a promotion: its checks, and what to do. */
export function promotionLines({ paint }: Cli, promotion: PromotionReply): string[] {
  const { id, prompt, label, status, checks, from, to, detail } = promotion;
  const marks = { passed: paint.green("✓"), failed: paint.red("✗"), pending: paint.yellow("…") };
  const state = { promoted: paint.green, failed: paint.red, cancelled: paint.red, pending: paint.yellow }[status](
    status,
  );
  const move = `${paint.bold(prompt)}${paint.magenta(`@${label}`)} ${meaningText(from)} → ${meaningText(to)}`;
  return [
    `${move} ${state} ${paint.dim(id)}`,
    ...checks.map((check) => `  ${marks[check.status]} ${check.name} ${paint.dim(check.detail)}`),
    ...(detail === null ? [] : [`  ${detail}`]),
  ];
}

const WATCH_EVERY_MS = 1_000;

/** Waits for the end of a promotion. Throws a CommandFailure where it does not move its label. */
export async function awaitPromotion(cli: Cli, promotion: PromotionReply): Promise<PromotionReply> {
  let now = promotion;
  while (now.status === "pending") {
    const left = now.checks.filter(({ status }) => status === "pending").map(({ name }) => name);
    cli.progress.show(`${now.prompt}@${now.label} waits for ${left.join(", ")}`);
    await cli.io.wait(WATCH_EVERY_MS, cli.io.signal);
    now = await cli.client.promotions.get(now.id);
  }
  if (now.status === "promoted") return now;
  throw new CommandFailure(promotionLines(cli, now).join("\n"));
}

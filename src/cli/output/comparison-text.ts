import type { ComparisonReply } from "../../client/index.ts";
import type { Paint } from "./paint.ts";
import { tableLines } from "./table.ts";
import { formatMs, formatShare, formatUsd } from "./units.ts";

/** A comparison as a terminal shows it: its subjects, and what can be said of each two. */
export function comparisonText(comparison: ComparisonReply, paint: Paint): string[] {
  const { subjects, pairs, stopped, cost_usd: cost } = comparison;
  const names = subjects.map(({ version, label, model }, at) => {
    return `${String.fromCodePoint(65 + at)} #${version}${label === null ? "" : `@${label}`}${model === null ? "" : ` ${model}`}`;
  });
  const columns = [
    { title: "SUBJECT" },
    ...["ANSWERS", "PASSED", "95 %", "SCORE", "COST", "LATENCY", "TOKENS"].map((title) => ({ title, isNumber: true })),
  ];
  const rows = subjects.map((subject, at) => [
    paint.bold(names[at] ?? ""),
    subject.failed === 0 ? `${subject.answers}` : `${subject.answers} (${subject.failed} failed)`,
    formatShare(subject.pass_rate),
    subject.interval.map(formatShare).join(" to "),
    subject.score === null ? "" : subject.score.toFixed(2),
    formatUsd(subject.cost_usd),
    subject.latency_ms === null ? "" : formatMs(subject.latency_ms),
    subject.tokens === null ? "" : subject.tokens.toFixed(0),
  ]);
  return [
    ...tableLines(columns, rows, paint.dim),
    ...pairs.map((pair) => pairText(pair, paint)),
    `${stopped === null ? "" : paint.yellow("Stopped by its cost limit. ")}${formatUsd(cost)} in all.`,
  ];
}

function pairText(
  { a, b, verdict, wins, score, cost_usd: cost, preference }: ComparisonReply["pairs"][number],
  paint: Paint,
): string {
  const [first, second] = [a, b].map((at) => String.fromCodePoint(65 + at));
  const better =
    verdict === null
      ? paint.dim("no difference is shown")
      : paint.green(`${verdict === "a" ? first : second} is better`);
  const isJudged = wins.a + wins.b + wins.ties > 0;
  const verdicts = isJudged ? `judged ${wins.a} to ${wins.b}, ${wins.ties} ties` : "the judge gave no verdict";
  const judged = preference === null ? "" : `, ${verdicts}`;
  const differences = [
    ...(score.difference === null ? [] : [`score ${signed(score.difference.toFixed(2))}`]),
    ...(cost.difference === null ? [] : [`cost ${signed(formatUsd(cost.difference))}`]),
  ];
  return `${first} beside ${second}: ${better}${judged}${differences.length > 0 ? paint.dim(` (${differences.join(", ")})`) : ""}`;
}

function signed(text: string): string {
  return text.includes("-") ? text.replace("$-", "-$") : `+${text}`;
}

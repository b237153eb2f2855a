import type { TestRunReply } from "../../client/index.ts";
import type { Paint } from "./paint.ts";
import { formatMs, formatShare, formatUsd } from "./units.ts";

/** A run as a terminal shows it: every test, and what was wrong with those that failed. */
export function testRunText(run: TestRunReply, paint: Paint): string[] {
  const { prompt, passed, failed, flaky, repeat } = run;
  const counts = [
    paint.green(`${passed} passed`),
    ...(failed > 0 ? [paint.red(`${failed} failed`)] : []),
    ...(flaky > 0 ? [paint.yellow(`${flaky} flaky`)] : []),
    ...(repeat > 1 ? [`pass rate ${formatShare(run.pass_rate)} [${run.interval.map(formatShare).join(" to ")}]`] : []),
    ...(repeat > 1 ? [`pass^${repeat} ${formatShare(run.pass_hat_k[repeat - 1] ?? null)}`] : []),
    formatUsd(run.cost_usd),
  ];
  return [
    `${paint.bold(prompt.name)} ${paint.cyan(`#${prompt.version}`)}`,
    ...run.results.flatMap((result) => resultText(result, repeat, paint)),
    `  ${counts.join(paint.dim(" · "))}`,
  ];
}

function resultText(result: TestRunReply["results"][number], repeat: number, paint: Paint): string[] {
  const mark = result.passed ? paint.green("✓") : result.flaky ? paint.yellow("≈") : paint.red("✗");
  const facts = [
    ...(result.model === null ? [] : [result.model]),
    ...(repeat > 1 ? [`${formatShare(result.pass_rate)} of ${result.repeats}`] : []),
    result.reused_from === null ? formatMs(result.latency_ms) : "as in an earlier run",
  ];
  const faults = result.checks.filter(({ passed }) => !passed).map(({ kind, detail }) => `${kind}: ${detail}`);
  const error = result.error === null ? [] : [`${result.error.code}: ${result.error.detail}`];
  return [
    `  ${mark} ${result.test} ${paint.dim(facts.join(" · "))}`,
    ...(result.passed ? [] : [...error, ...faults].map((line) => `      ${paint.red(line)}`)),
    ...(result.passed || result.output === null ? [] : [`      ${paint.dim(`answer: ${shortened(result.output)}`)}`]),
  ];
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

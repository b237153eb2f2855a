import type { TestOutcome, TestRun, TestSummary } from "./test-run.ts";

/** A run as JUnit XML, as build servers read it. Times in seconds. */
export function toJunit({ id, plan }: Pick<TestRun, "id" | "plan">, { total, failed, outcomes }: TestSummary): string {
  const name = `${plan.prompt.name}#${plan.prompt.version}`;
  const time = outcomes.reduce((sum, { latency_ms }) => sum + latency_ms, 0);
  const counts = `tests="${outcomes.length}" failures="${failed}" errors="0" time="${seconds(time)}"`;
  const open = `<testsuite name="${escape(name)}" id="${escape(id)}" ${counts} skipped="0">`;
  const missing = total - outcomes.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escape(id)}" ${counts}>`,
    open,
    ...outcomes.map((outcome) => testcase(name, outcome)),
    ...(missing > 0 ? [`<system-out>${missing} tests have not ended.</system-out>`] : []),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testcase(suite: string, outcome: TestOutcome): string {
  const { test, model, passed, flaky, repeats, pass_rate, shown } = outcome;
  const name = model === null ? test : `${test} (${model})`;
  const head = `<testcase classname="${escape(suite)}" name="${escape(name)}" time="${seconds(outcome.latency_ms)}"`;
  if (passed) return `${head}/>`;
  const faults = shown.checks.filter((check) => !check.passed).map(({ kind, detail }) => `${kind}: ${detail}`);
  const message = flaky ? `flaky: ${Math.round(pass_rate * repeats)} of ${repeats} passed` : (faults[0] ?? "failed");
  const text = [...faults, ...(shown.output === null ? [] : [`answer: ${shown.output}`])].join("\n");
  return `${head}><failure message="${escape(message)}">${escape(text)}</failure></testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way at all to write most control characters. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import type { TestRunReply } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { mergeJunit } from "../output/junit.ts";
import { testRunText } from "../output/test-run-text.ts";
import { formatUsd } from "../output/units.ts";
import { testsOfPrompt } from "../project/project-tests.ts";
import { checkWritable } from "../project/write-output.ts";
import { planPush, type PlannedPush } from "../project/push-plan.ts";
import type { TestCase } from "../../domain/tests/test-case.ts";
import { collect, selectPlanned, versionChoice, wholeNumber } from "./selection.ts";
import { versionOfFile } from "./stored-version.ts";
import { watchPrompts } from "./watch-tests.ts";

interface TestOptions extends SharedOptions {
  at?: string;
  repeat?: number;
  model: string[];
  select: string[];
  junit?: string;
  reuse?: boolean;
  passWithoutTests?: boolean;
  watch?: boolean;
}

/** A prompt with the cases that are to be run. */
interface TestedPrompt {
  prompt: PlannedPush;
  cases: TestCase[];
}

/** `pbt-edge test`: runs the tests of the project's prompts against their stored versions. */
export function testCommand(start: StartCli): Command {
  return new Command("test")
    .description("run the tests of the project's prompts")
    .argument("[names...]", "only these prompts: names, folder/*")
    .option("--at <version>", "test this version or label, in place of the stored version of each file")
    .option("--repeat <times>", "try each test several times (up to 20)", wholeNumber)
    .option("--model <name>", "test with this model; may be given several times", collect, [])
    .option("--select <selector>", "as of push: tag:x, state:modified", collect, [])
    .option("--reuse", "take stored results where prompt, test, model and judge are the same: they cost nothing")
    .option("--junit <file>", "write a JUnit report")
    .option("--pass-without-tests", "end with 0 where no prompt has tests")
    .option("--watch", "push and test a prompt again whenever its file changes")
    .addHelpText("after", "\nEnds with 1 where a test failed. Tests cost what executions cost, under the same budgets.")
    .action(async (names: string[], options: TestOptions) => {
      const cli = start(options);
      if (options.junit !== undefined) checkWritable(resolve(cli.io.cwd, options.junit));
      const tested = await testedPrompts(cli, [...names, ...options.select]);
      if (tested.length === 0 && options.passWithoutTests) return cli.result([], () => ["No prompt has tests."]);
      if (tested.length === 0)
        throw new UsageError("None of these prompts has tests: write some into tests/, or into their files.");
      const runs = await runTests(cli, tested, options);
      if (options.watch) {
        await watchPrompts(
          cli,
          () => start(options),
          async (fresh, changed) => testChanges(fresh, changed, [...names, ...options.select], options),
        );
      } else cli.result(runs, () => totalOf(cli, runs));
    });
}

async function testedPrompts(cli: Cli, selectors: readonly string[]): Promise<TestedPrompt[]> {
  const stored = await cli.client.prompts.list({ limit: 100 }).all();
  const planned = selectPlanned(planPush(cli.project.prompts, stored), selectors);
  return planned
    .map((prompt) => ({ prompt, cases: testsOfPrompt(cli.project, prompt) }))
    .filter(({ cases }) => cases.length > 0);
}

async function runTests(cli: Cli, tested: readonly TestedPrompt[], options: TestOptions): Promise<TestRunReply[]> {
  const runs: TestRunReply[] = [];
  for (const { prompt, cases } of tested) {
    if (prompt.version === null)
      throw new CommandFailure(`${prompt.name} is not stored yet. Run \`pbt-edge push\` first.`);
    const choice = options.at === undefined ? await versionToTest(cli, prompt) : versionChoice(options.at);
    const run = await runOne(cli, { name: prompt.name, choice, tests: cases }, options);
    runs.push(run);
    if (cli.isJson && options.watch) cli.event(run, () => null);
    if (run.failed > 0 || run.status !== "completed") cli.markFailed();
    if (!cli.isJson) for (const line of testRunText(run, cli.paint)) cli.io.write(`${line}\n`);
  }
  if (options.junit !== undefined) {
    const reports = await Promise.all(runs.map(async ({ id }) => cli.client.testRuns.junit(id)));
    writeFileSync(resolve(cli.io.cwd, options.junit), mergeJunit(reports));
  }
  return runs;
}

/**
 * The version of the file. Somebody else may have published a newer one, which says nothing about
 * this file; only a text that is stored nowhere is tested by the newest.
 */
async function versionToTest(cli: Cli, prompt: PlannedPush): Promise<{ version?: number; label?: string }> {
  const { name, state, version } = prompt;
  // Of a file with includes the hash does not tell which version it is.
  if (state === "rebuilt" || version === null) return { label: "latest" };
  if (state === "unchanged") return { version };
  const stored = await versionOfFile(cli, prompt);
  if (stored !== null) return { version: stored };
  cli.note(cli.paint.yellow(`${name} has changes that are not pushed; #${version} is tested.`));
  return { version };
}

async function runOne(
  cli: Cli,
  { name, choice, tests }: { name: string; choice: { version?: number; label?: string }; tests: readonly TestCase[] },
  options: TestOptions,
): Promise<TestRunReply> {
  const { client, io } = cli;
  const { repeat, model: models, reuse } = options;
  // Files of tests have no messages.
  const written = tests.map((each) => ({ ...each, messages: undefined }));
  const body = {
    ...choice,
    tests: written,
    ...(repeat !== undefined && { repeat }),
    ...(models.length > 0 && { models }),
    ...(reuse && { reuse }),
  };
  cli.progress.show(`${name}: ${tests.length} tests`);
  let run: TestRunReply = await client.testRuns.start(name, body);
  if (run.status !== "running") {
    cli.progress.clear();
    return run;
  }
  for await (run of client.testRuns.watch(run.id, { signal: io.signal })) {
    cli.progress.show(`${name}: ${run.results.length}/${run.total} tests, ${formatUsd(run.cost_usd)} so far`);
  }
  cli.progress.clear();
  return run;
}

function totalOf({ paint }: Cli, runs: readonly TestRunReply[]): string[] {
  if (runs.length < 2) return [];
  const sum = (key: "passed" | "failed") => runs.reduce((total, run) => total + run[key], 0);
  const [passed, failed] = [sum("passed"), sum("failed")];
  const text = `${passed} passed, ${failed} failed in ${runs.length} prompts`;
  return [failed === 0 ? paint.green(text) : paint.red(text)];
}

/**
 * Tests the prompts that have changed, among those that are selected. A text that is not stored
 * becomes a new version; labels stay where they are.
 */
async function testChanges(
  cli: Cli,
  changed: ReadonlySet<string>,
  selectors: readonly string[],
  options: TestOptions,
): Promise<void> {
  const tested = (await testedPrompts(cli, selectors)).filter(({ prompt }) => changed.has(prompt.name));
  for (const { prompt } of tested) {
    if (prompt.check.fault !== null) throw new CommandFailure(`${prompt.path}: ${prompt.check.fault}`);
    if (prompt.state === "unchanged" || prompt.state === "rebuilt") continue;
    if (prompt.state === "changed" && (await versionOfFile(cli, prompt)) !== null) continue;
    const { version } = await cli.client.prompts.publish(prompt.name, prompt.source);
    cli.note(`${prompt.name} is #${version} now`);
    Object.assign(prompt, { version, state: "unchanged" });
  }
  await runTests(cli, tested, options);
}

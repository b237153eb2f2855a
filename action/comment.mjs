// @ts-check
/**
 * Tells what the action did: in the job's summary, and in one comment of the pull request, which
 * each run rewrites. Reads what the steps before left in the folder that is its argument.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {{ name: string, status: string, error?: string, version: number | null, kept?: number, warnings: string[] }} Pushed
 * @typedef {{ name: string, status: string, from: string, lines_added: number, lines_removed: number, diff: string }} Different
 * @typedef {{ passed: boolean, kind: string, detail: string }} Check
 * @typedef {{ test: string, passed: boolean, flaky: boolean, model: string | null, output: string | null, checks: Check[], error: { detail: string } | null }} TestResult
 * @typedef {{ prompt: { name: string, version: number }, passed: number, failed: number, cost_usd: number, results: TestResult[] }} TestRun
 */

/** GitHub takes comments of up to 65,536 characters. */
const LONGEST = 60_000;
const LONGEST_DIFF = 6_000;
const PAGE = 100;
const MOST_PAGES = 30;

const { env } = process;
const results = process.argv[2] ?? ".";
const marker = `<!-- pbt-edge ${env["FOLDER"]} -->`;
const text = body();
if (env["GITHUB_STEP_SUMMARY"]) appendFileSync(env["GITHUB_STEP_SUMMARY"], text);
if (env["PULL_REQUEST"] && env["COMMENT"] !== "false") await comment(env["PULL_REQUEST"]);

/** The comment in Markdown. */
function body() {
  const lines = [
    marker,
    `### Prompts in \`${env["FOLDER"]}\``,
    "",
    headline(),
    ...faultLines(),
    ...changeLines(),
    ...testLines(),
  ];
  const whole = `${lines.join("\n")}\n`;
  return whole.length <= LONGEST ? whole : `${whole.slice(0, LONGEST)}\n\n… the rest is in the job's log.\n`;
}

function headline() {
  const { MODE: mode, PREVIEW: preview, LABEL: label, TESTS: tests } = env;
  const outcome = { passed: "✅ Tests passed.", failed: "❌ Tests failed.", none: "There are no tests." }[tests ?? ""];
  const did = {
    preview: existsSync(join(results, "push.json"))
      ? `Changed prompts are versions with the label \`${preview}\`; callers get what they got before.`
      : "Nothing was published.",
    publish: outcome && tests !== "failed" ? `\`${label}\` means these versions now.` : `\`${label}\` was not moved.`,
    "dry-run": "Nothing was published; tests are those of prompts that are stored as they are here.",
  }[mode ?? ""];
  return `${outcome ?? "❌ Nothing was tested."} ${did}`;
}

/** What kept prompts from being published. */
function faultLines() {
  const faults = ["plan", "push", "label"].flatMap((step) => {
    /** @type {{ prompts: Pushed[] } | null} */
    const told = read(`${step}.json`);
    const failed = (told?.prompts ?? []).filter(({ status }) => status === "failed");
    return failed.map(({ name, error }) => `- ❌ \`${name}\`: ${inline(error ?? "failed")}`);
  });
  const errors = ["plan", "push", "tests", "label"].flatMap((step) => {
    /** @type {{ error?: { message: string } } | null} */
    const told = read(`${step}.err`);
    return told?.error ? [`- ❌ ${inline(told.error.message)}`] : [];
  });
  const all = [...new Set([...faults, ...errors])];
  return all.length === 0 ? [] : ["", ...all];
}

function changeLines() {
  /** @type {{ different: Different[] } | null} */
  const told = read("diff.json");
  if (!told) return [];
  if (told.different.length === 0) return ["", `Nothing differs from \`${env["LABEL"]}\`.`];
  const count = told.different.length === 1 ? "1 prompt differs" : `${told.different.length} prompts differ`;
  return [
    "",
    `#### ${count} from \`${env["LABEL"]}\``,
    ...told.different.flatMap(({ name, status, lines_added, lines_removed, diff }) => [
      "",
      `<details><summary><code>${escaped(name)}</code> ${status}, +${lines_added} −${lines_removed}</summary>`,
      "",
      ...fenced(shortened(diff, LONGEST_DIFF)),
      "",
      "</details>",
    ]),
  ];
}

function testLines() {
  /** @type {TestRun[] | null} */
  const runs = read("tests.json");
  if (!runs || runs.length === 0) return [];
  const rows = runs.map(({ prompt, passed, failed, cost_usd: cost }) => {
    const mark = failed === 0 ? "✅" : "❌";
    return `| ${mark} | \`${prompt.name}\` #${prompt.version} | ${passed} | ${failed} | $${Number(cost.toPrecision(3))} |`;
  });
  const failures = runs.flatMap(({ prompt, results: tests }) =>
    tests.filter(({ passed }) => !passed).flatMap((test) => failureLines(prompt.name, test)),
  );
  return [
    "",
    "#### Tests",
    "",
    "| | Prompt | Passed | Failed | Cost |",
    "| - | - | -: | -: | -: |",
    ...rows,
    ...failures,
  ];
}

/** @param {string} prompt @param {TestResult} result */
function failureLines(prompt, { test, model, checks, error, output }) {
  const faults = [
    ...(error ? [error.detail] : []),
    ...checks.filter(({ passed }) => !passed).map(({ kind, detail }) => `${kind}: ${detail}`),
    ...(output === null ? [] : [`answer: ${shortened(output, 500)}`]),
  ];
  const title = `<code>${escaped(prompt)}</code>: ${escaped(test)}${model === null ? "" : ` with ${escaped(model)}`}`;
  return ["", `<details><summary>❌ ${title}</summary>`, "", ...fenced(faults.join("\n")), "", "</details>"];
}

/**
 * A block of code whose fence is longer than any in it.
 * @param {string} content
 */
function fenced(content) {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}diff`, content, fence];
}

/** @param {string} content */
function inline(content) {
  return escaped(content.replaceAll(/\s+/g, " ")).replaceAll(/[|@]/g, (sign) => `&#${sign.codePointAt(0)};`);
}

/** @param {string} content */
function escaped(content) {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {string} content @param {number} most */
function shortened(content, most) {
  return content.length > most ? `${content.slice(0, most)}\n…` : content;
}

/**
 * What a step left; null where it left nothing, or was cut off.
 * @param {string} file
 * @returns {any}
 */
function read(file) {
  const path = join(results, file);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * Rewrites the comment of an earlier run, or writes the first one. A comment that cannot be written
 * fails nothing: the summary says the same.
 * @param {string} number
 */
async function comment(number) {
  const comments = `/repos/${env["GITHUB_REPOSITORY"]}/issues/${number}/comments`;
  try {
    const earlier = await findEarlier(comments);
    const written = earlier
      ? await github("PATCH", `/repos/${env["GITHUB_REPOSITORY"]}/issues/comments/${earlier}`, { body: text })
      : await github("POST", comments, { body: text });
    if (env["GITHUB_OUTPUT"]) appendFileSync(env["GITHUB_OUTPUT"], `url=${written["html_url"]}\n`);
  } catch (error) {
    console.log(
      `::warning title=PBT Edge::The comment was not written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** @param {string} comments @returns {Promise<number | null>} */
async function findEarlier(comments) {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    /** @type {{ id: number, body?: string }[]} */
    const found = await github("GET", `${comments}?per_page=${PAGE}&page=${page}`);
    const ours = found.find(({ body: written }) => written?.startsWith(marker));
    if (ours) return ours.id;
    if (found.length < PAGE) return null;
  }
  return null;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [sent]
 * @returns {Promise<any>}
 */
async function github(method, path, sent) {
  const response = await fetch(`${env["GITHUB_API_URL"] ?? "https://api.github.com"}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${env["GITHUB_TOKEN"]}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "user-agent": "pbt-edge-action",
      ...(sent && { "content-type": "application/json" }),
    },
    ...(sent && { body: JSON.stringify(sent) }),
  });
  if (response.ok) return response.json();
  const hint = response.status === 403 ? " Give the job the permission `pull-requests: write`." : "";
  throw new Error(`GitHub answered ${response.status} to ${method} ${path}.${hint}`);
}

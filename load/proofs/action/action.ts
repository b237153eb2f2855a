/**
 * `npm run prove -- action`: runs the steps of the GitHub Action as a runner does, with the packed
 * command line, against a server: a pull request, its next commits, and the default branch.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { editIn, writeIn } from "../cli/world.ts";
import { installPackage } from "../clients/package.ts";
import { type ActionResult, runAction } from "./composite-action.ts";
import { type FakeGithub, startFakeGithub } from "./fake-github.ts";

/** It takes no flags. */
export const FLAGS = {};

interface ActionWorld extends LocalStack {
  github: FakeGithub;
  /** The checkout. */
  checkout: string;
  tarball: string;
}

const PULL_REQUEST = { "event.pull_request.number": "12", "event.pull_request.head.repo.fork": "false" };

/** Runs the steps in their order, because each goes on with what the last one left. */
export async function run(): Promise<boolean> {
  const installed = await installPackage();
  const checkout = mkdtempSync(join(tmpdir(), "pbt-edge-checkout-"));
  try {
    return await withCleanup(async (stopLater) => {
      const github = stopLater(await startFakeGithub());
      return withLocalStack({}, async (stack) => runSteps({ ...stack, github, checkout, tarball: installed.tarball }));
    });
  } finally {
    installed.remove();
    rmSync(checkout, { recursive: true, force: true });
  }
}

async function runSteps(world: ActionWorld): Promise<boolean> {
  let failed = 0;
  for (const [name, step] of Object.entries(STEPS)) {
    console.log(`\n# ${name}`);
    const fault = await step(world).then(() => null, errorText);
    if (fault === null) continue;
    failed += 1;
    console.log(`FAILED: ${fault}`);
  }
  console.log(`\n${Object.keys(STEPS).length} steps, ${failed} failed`);
  return failed === 0;
}

/** Runs the action in the checkout, and prints what its summary says. */
async function act(
  { edge, github, checkout, tarball }: ActionWorld,
  { event = PULL_REQUEST, inputs = {} }: { event?: Record<string, string>; inputs?: Record<string, string> } = {},
): Promise<ActionResult> {
  const isPullRequest = "event.pull_request.number" in event;
  const result = await runAction({
    action: resolve("action"),
    cwd: checkout,
    inputs: { url: edge.url, key: edge.key, package: tarball, ...inputs },
    github: { token: "gh-token", "event.repository.default_branch": "main", ...event },
    env: {
      PATH: process.env["PATH"] ?? "",
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_REF: isPullRequest ? "refs/pull/12/merge" : "refs/heads/main",
    },
  });
  console.log(result.summary === "" ? result.log : result.summary);
  return result;
}

/** The versions that labels mean, such as `{"pr-12": 2}`. */
async function labelsOf({ edge }: ActionWorld, name: string): Promise<Record<string, number | undefined>> {
  const response = await fetch(`${edge.url}/v1/prompts/${name}/labels`, {
    headers: { authorization: `Bearer ${edge.key}` },
  });
  const { data = [] } = (await response.json()) as { data?: { label: string; version?: number }[] };
  return Object.fromEntries(data.map(({ label, version }) => [label, version]));
}

const HELLO = "name: hello\nmodel: gpt-4o-mini\ntemplate: Greet {{ who }}.\nvariables: {who: {type: string}}\n";
const TESTS = "tests:\n  - {name: greets, inputs: {who: Ada}, expected_contains: [Hello]}\n";

const STEPS: Record<string, (world: ActionWorld) => Promise<void>> = {
  async "the default branch publishes, tests, and then moves the label"(world) {
    writeIn(world.checkout, "pbt.yaml", "name: shop\n");
    writeIn(world.checkout, "prompts/hello.prompt.yaml", HELLO);
    writeIn(world.checkout, "tests/hello.test.yaml", TESTS);
    await world.mock.profile({ default: { answer: "Hello." } });
    const result = await act(world, { event: {} });
    assert.equal(result.hasFailed, false, result.log);
    assert.deepEqual({ ...result.outputs, junit: "" }, outputsOf({ mode: "publish", changed: "1", tests: "passed" }));
    assert.deepEqual(await labelsOf(world, "hello"), { production: 1 });
    assert.deepEqual(world.github.requests, []);
  },

  async "a pull request is tested as versions of their own, and commented once"(world) {
    editIn(world.checkout, "prompts/hello.prompt.yaml", "Greet", "Say hello to");
    const { hasFailed, outputs, log } = await act(world);
    assert.equal(hasFailed, false, log);
    assert.equal(outputs["mode"], "preview");
    assert.match(outputs["comment-url"] ?? "", /issuecomment-1$/);
    assert.deepEqual(await labelsOf(world, "hello"), { production: 1, "pr-12": 2 });
    assert.match(
      world.github.comments[0]?.body ?? "",
      /1 prompt differs from[^]*-.*Greet[^]*\+.*Say hello[^]*✅ \| `hello` #2/,
    );
  },

  async "its next commit rewrites the comment; tests that fail fail the job"(world) {
    editIn(world.checkout, "prompts/hello.prompt.yaml", "Say hello to", "Ignore");
    await world.mock.profile({ default: { answer: "No." } });
    const { hasFailed, outputs } = await act(world);
    assert.equal(hasFailed, true);
    assert.equal(outputs["tests"], "failed");
    assert.equal(world.github.comments.length, 1);
    assert.match(world.github.comments[0]?.body ?? "", /❌ Tests failed[^]*Ignore[^]*contains_all: /);
    assert.deepEqual(await labelsOf(world, "hello"), { production: 1, "pr-12": 3 });
  },

  async "merged all the same, the default branch does not move the label"(world) {
    const { hasFailed } = await act(world, { event: {} });
    assert.equal(hasFailed, true);
    assert.equal((await labelsOf(world, "hello"))["production"], 1);
  },

  async "tests of what did not change cost nothing again"(world) {
    await world.mock.profile({ default: { answer: "Hello." } });
    editIn(world.checkout, "prompts/hello.prompt.yaml", "Ignore", "Say hello to");
    await act(world);
    const calls = await world.mock.callCount();
    const { hasFailed, log } = await act(world);
    assert.equal(hasFailed, false, log);
    assert.equal(await world.mock.callCount(), calls);
  },

  async "a prompt that no label served keeps its callers' version"(world) {
    const headers = { authorization: `Bearer ${world.edge.key}`, "content-type": "application/yaml" };
    const old = "name: old\nmodel: gpt-4o-mini\ntemplate: one\n";
    await fetch(`${world.edge.url}/v1/prompts/old`, { method: "PUT", headers, body: old });
    writeIn(world.checkout, "prompts/old.prompt.yaml", old.replace("one", "two"));
    writeIn(world.checkout, "prompts/new.prompt.yaml", old.replace("old", "new"));
    for (const text of ["two", "three"]) {
      writeIn(world.checkout, "prompts/old.prompt.yaml", old.replace("one", text));
      writeIn(world.checkout, "prompts/new.prompt.yaml", old.replace("old", "new").replace("one", text));
      await act(world);
    }
    assert.deepEqual(await labelsOf(world, "old"), { production: 1, "pr-12": 3 });
    assert.deepEqual(await labelsOf(world, "new"), { "pr-12": 2 });
  },

  async "a file with faults publishes nothing, and the comment says which"(world) {
    writeIn(world.checkout, "prompts/broken.prompt.yaml", "name: broken\nmodel: gpt-4o-mini\ntemplate: '{% if %}'\n");
    const { hasFailed, steps } = await act(world);
    assert.equal(hasFailed, true);
    assert.equal(steps.includes("Publish the versions to test"), false);
    assert.match(world.github.comments[0]?.body ?? "", /❌ `broken`: template/);
    rmSync(join(world.checkout, "prompts/broken.prompt.yaml"));
  },

  async "dry-run publishes nothing and tests what is stored as it is"(world) {
    editIn(world.checkout, "prompts/new.prompt.yaml", "three", "four");
    const { hasFailed, outputs, steps } = await act(world, { inputs: { "dry-run": "true" } });
    assert.deepEqual({ hasFailed, tests: outputs["tests"] }, { hasFailed: false, tests: "passed" });
    assert.equal(steps.includes("Publish the versions to test"), false);
    assert.deepEqual(await labelsOf(world, "new"), { "pr-12": 2 });
  },

  async "a pull request of a fork, which has no secrets, is left alone"(world) {
    const event = { ...PULL_REQUEST, "event.pull_request.head.repo.fork": "true" };
    const { hasFailed, outputs, log } = await act(world, { event, inputs: { key: "" } });
    assert.deepEqual({ hasFailed, mode: outputs["mode"] }, { hasFailed: false, mode: "skipped" });
    assert.match(log, /::notice/);
    assert.equal((await act(world, { inputs: { key: "" } })).hasFailed, true);
  },
};

function outputsOf(given: Record<string, string>): Record<string, string> {
  return { mode: "", changed: "", tests: "", junit: "", "comment-url": "", ...given };
}

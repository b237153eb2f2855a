import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAction } from "../../load/proofs/action/composite-action.ts";
import { evaluate } from "../../load/proofs/action/expressions.ts";
import { type FakeGithub, startFakeGithub } from "../../load/proofs/action/fake-github.ts";
import manifest from "../../package.json" with { type: "json" };

const FOLDER = "action";
const action = readAction(FOLDER);
const { steps } = action.runs;

describe("the action's description", () => {
  const used = [...readFileSync(join(FOLDER, "action.yml"), "utf8").matchAll(/\b(inputs|steps)\.([\w.-]+)/g)];

  it("is a composite one, whose steps all say their name and their shell", () => {
    expect(action.runs.using).toBe("composite");
    expect(steps.filter(({ name, shell }) => !name || shell !== "bash")).toEqual([]);
    const known = new Set(["name", "id", "if", "shell", "env", "run"]);
    expect(steps.flatMap(Object.keys).filter((key) => !known.has(key))).toEqual([]);
  });

  it("fills no expression into a script, where a branch's name could be code", () => {
    expect(steps.filter(({ run }) => run.includes("${{")).map(({ name }) => name)).toEqual([]);
  });

  it("names no input that it does not have, and leaves none unused", () => {
    const named = used.flatMap(([, kind, name]) => (kind === "inputs" ? [name] : []));
    expect(new Set(named)).toEqual(new Set(Object.keys(action.inputs)));
  });

  it("names no output that the step's script does not write", () => {
    const files = Object.fromEntries(
      steps.map(({ id, run }) => [
        id,
        run + (run.includes("comment.mjs") ? readFileSync(join(FOLDER, "comment.mjs"), "utf8") : ""),
      ]),
    );
    const missing = used.flatMap(([, kind, path = ""]) => {
      const [id = "", , output] = path.split(".");
      return kind === "inputs" || files[id]?.includes(`${output}=`) ? [] : [path];
    });
    expect(missing).toEqual([]);
  });

  it("has conditions and scripts that can be read", () => {
    const conditions = steps.flatMap(({ if: condition }) => condition ?? []);
    for (const condition of conditions) expect(() => evaluate(condition, new Map())).not.toThrow();
    for (const { run } of steps) expect(() => execFileSync("bash", ["-n"], { input: run })).not.toThrow();
  });

  it("installs the package of the repository's version", () => {
    expect(action.inputs["package"]?.default).toBe(`${manifest.name}@${manifest.version}`);
  });
});

describe("the step that prints what changes", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pbt-edge-action-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lets no line of a prompt be a command to the runner, whatever ends it", () => {
    mkdirSync(join(folder, "pbt-edge/results"), { recursive: true });
    writeFileSync(join(folder, "pbt-edge/pbt-edge"), '#!/bin/sh\necho "  ::add-mask::a"\n', { mode: 0o755 });
    const PATH = `${join(folder, "pbt-edge")}:${process.env["PATH"]}`;
    const env = {
      ...process.env,
      PATH,
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: join(folder, "output"),
      FOLDER: ".",
      LABEL: "production",
    };
    const { run: script = "" } = steps.find(({ id }) => id === "diff") ?? {};
    // The faked command prints no JSON, so the step fails on its way.
    const { stdout, status } = spawnSync("bash", ["-eo", "pipefail"], { input: script, env, encoding: "utf8" });
    const [first = "", ...printed] = stdout.trim().split("\n");
    const [, token] = /^::stop-commands::(pbt-edge-[0-9a-f-]{36})$/.exec(first) ?? [];
    expect({ status, printed }).toEqual({ status: 1, printed: ["  ::add-mask::a", `::${token}::`] });
  });
});

describe("the comment on a pull request", () => {
  let results: string;
  let github: FakeGithub;
  const different = [
    { name: "hello", status: "changed", from: "production", lines_added: 1, lines_removed: 0, diff: "+ ```" },
  ];
  const check = { kind: "contains", passed: false, detail: 'expected "Hi"; saw "@all"' };
  const failing = {
    test: "greets",
    passed: false,
    flaky: false,
    model: null,
    output: "@all",
    checks: [check],
    error: null,
  };
  const run = { prompt: { name: "hello", version: 2 }, passed: 0, failed: 1, cost_usd: 0.0000288, results: [failing] };
  const leave = (file: string, value: unknown) => writeFileSync(join(results, file), JSON.stringify(value));
  /** Runs the script and returns its log. */
  const tell = async (env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [join(FOLDER, "comment.mjs"), results], {
      env: {
        ...process.env,
        GITHUB_STEP_SUMMARY: "",
        GITHUB_OUTPUT: "",
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: "acme/shop",
        GITHUB_TOKEN: "gh-token",
        FOLDER: "prompts",
        LABEL: "production",
        MODE: "preview",
        PREVIEW: "pr-12",
        TESTS: "passed",
        PULL_REQUEST: "12",
        COMMENT: "true",
        ...env,
      },
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (log += piece.toString()));
    expect(await once(child, "close")).toEqual([0, null]);
    return log;
  };
  beforeEach(async () => {
    results = mkdtempSync(join(tmpdir(), "pbt-edge-action-test-"));
    github = await startFakeGithub();
  });
  afterEach(async () => {
    rmSync(results, { recursive: true });
    await github.stop();
  });

  it("is written once and then rewritten, also behind a hundred others", async () => {
    for (let id = 1; id <= 100; id += 1) github.comments.push({ id, body: `LGTM ${id}`, html_url: "" });
    leave("diff.json", { different });
    await tell();
    await tell({ TESTS: "failed" });
    expect(github.comments).toHaveLength(101);
    expect(github.comments.at(-1)?.body).toContain("❌ Tests failed.");
    expect(
      github.requests.filter((request) => !request.startsWith("GET")).map((request) => request.split(" ")[0]),
    ).toEqual(["POST", "PATCH"]);
  });

  it("of another folder is another one", async () => {
    await tell();
    await tell({ FOLDER: "other" });
    expect(github.comments).toHaveLength(2);
  });

  it("shows the diff in a fence that its text cannot end, and tests that failed with their reasons", async () => {
    leave("diff.json", { different });
    leave("tests.json", [run]);
    await tell({ TESTS: "failed" });
    const [comment] = github.comments;
    expect(comment?.body).toContain("````diff\n+ ```\n````");
    expect(comment?.body).toContain("| ❌ | `hello` #2 | 0 | 1 | $0.0000288 |");
    expect(comment?.body).toContain('contains: expected "Hi"');
  });

  it("tells why nothing was published, and mentions nobody whom a fault names", async () => {
    leave("plan.json", { prompts: [{ name: "hello", status: "failed", error: "template: unexpected @octocat\n|" }] });
    await tell({ TESTS: "" });
    expect(github.comments[0]?.body).toContain("- ❌ `hello`: template: unexpected &#64;octocat &#124;");
    expect(github.comments[0]?.body).toContain("Nothing was tested");
  });

  it("that GitHub refuses is a warning which says what is missing, and fails nothing", async () => {
    github.refuseWith(403);
    expect(await tell()).toMatch(/::warning.*pull-requests: write/);
  });
});

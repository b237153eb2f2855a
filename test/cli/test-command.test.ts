import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli, type FakeAnswer } from "./fake-io.ts";

const sourceOf = (text: string) => `model: gpt-4o-mini\ntemplate: "${text}"\n`;
const hashOf = (text: string) => createHash("sha256").update(sourceOf(text)).digest("hex");

const RUN = {
  id: "run_1",
  status: "completed",
  results: [],
  passed: 1,
  failed: 0,
  flaky: 0,
  repeat: 1,
  cost_usd: 0,
};

/** A server whose prompts have these texts as their versions, the oldest first. */
function serverOf(texts: Record<string, string[]>) {
  const runs: string[] = [];
  const answer: FakeAnswer = ({ method, path, body }) => {
    const [, , , name = "", part] = path.split("/");
    const versions = (texts[name] ?? []).map((text, at) => ({ version: at + 1, content_hash: hashOf(text) }));
    if (path === "/v1/prompts") {
      const data = Object.entries(texts).map(([each, [...all]]) => {
        return { name: each, version: all.length, content_hash: hashOf(all.at(-1) ?? "") };
      });
      return Response.json({ data, next_cursor: null });
    }
    if (method === "PUT") {
      texts[name]?.push(/template: "(.*)"/.exec(body)?.[1] ?? "");
      return Response.json({ version: versions.length + 1, warnings: [] }, { status: 201 });
    }
    if (part === "versions") return Response.json({ data: versions.toReversed(), next_cursor: null });
    const { version, label } = JSON.parse(body) as { version?: number; label?: string };
    runs.push(`${name} ${version ?? label}`);
    return Response.json({ ...RUN, prompt: { name, version } });
  };
  return { answer, runs, texts };
}

describe("test", () => {
  let folder: string;
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  const writePrompt = (name: string, text: string) => write(`prompts/${name}.prompt.yaml`, sourceOf(text));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pbt-edge-test-"));
    for (const each of ["prompts", "tests"]) mkdirSync(join(folder, each));
    write("pbt.yaml", "name: x");
    for (const name of ["a", "b"]) {
      writePrompt(name, "one");
      write(`tests/${name}.test.yaml`, "tests: [{ name: t, inputs: {}, max_length: 9 }]");
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("tests the version of the file, not one that somebody else published after it", async () => {
    const { answer, runs } = serverOf({ a: ["one", "of another branch"], b: ["one"] });
    expect((await callCli(["test", "--json"], { cwd: folder, answer })).code).toBe(0);
    expect(runs).toEqual(["a 1", "b 1"]);
  });

  it("tests the newest version of a file that is stored nowhere, and says so", async () => {
    const { answer, runs } = serverOf({ a: ["zero", "other"], b: ["one"] });
    const { err } = await callCli(["test", "a"], { cwd: folder, answer });
    expect({ runs, err }).toEqual({ runs: ["a 2"], err: "a has changes that are not pushed; #2 is tested.\n" });
  });

  it("--watch tests what has changed among the named prompts, and is not started by its own report", async () => {
    const { answer, runs, texts } = serverOf({ a: ["one"], b: ["one"] });
    const edits = [
      () => write("report.xml", "<testsuites/>"),
      () => writePrompt("b", "two"),
      () => writePrompt("a", "two"),
      () => write("notes.yaml", "x: 1"),
      () => write("tests/a.test.yaml", "tests: [{ name: u, inputs: {}, max_length: 9 }]"),
    ];
    const changes = async function* () {
      for (const edit of edits) yield edit();
    };
    await callCli(["test", "a", "--watch"], { cwd: folder, answer, changes });
    expect(runs).toEqual(["a 1", "a 2", "a 2"]);
    expect(texts).toEqual({ a: ["one", "two"], b: ["one"] });
  });
});

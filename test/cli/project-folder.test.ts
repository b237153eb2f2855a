import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProjectFolder } from "../../src/cli/project/project-folder.ts";

const PROMPT = 'model: gpt-4o-mini\ntemplate: "Hi"\n';

describe("a project's folder", () => {
  let root: string;
  const write = (path: string, text: string | Uint8Array) => writeFileSync(join(root, path), text);
  const names = (folder = "p") => readProjectFolder(join(root, folder)).prompts.map(({ name }) => name);
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pbt-edge-test-"));
    for (const each of ["p/prompts", "p/tests", "shared/legal"]) mkdirSync(join(root, each), { recursive: true });
    write("p/pbt.yaml", "name: x");
    write("shared/legal/notice.prompt.yaml", PROMPT);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("has the prompts behind links to folders and files, and ends where a link leads to a folder around it", () => {
    symlinkSync(join(root, "shared/legal"), join(root, "p/prompts/legal"));
    symlinkSync(join(root, "shared/legal/notice.prompt.yaml"), join(root, "p/prompts/own.prompt.yaml"));
    symlinkSync(join(root, "p"), join(root, "p/prompts/around"));
    expect(names()).toEqual(["legal/notice", "own"]);
  });

  it("may have a link as its folder of prompts", () => {
    rmSync(join(root, "p/prompts"), { recursive: true });
    symlinkSync(join(root, "shared"), join(root, "p/prompts"));
    expect(names()).toEqual(["legal/notice"]);
  });

  it("has the prompts of folders that are skipped elsewhere, because a pull writes them there", () => {
    for (const each of ["p/prompts/dist", "p/dist"]) {
      mkdirSync(join(root, each));
      write(`${each}/x.prompt.yaml`, PROMPT);
    }
    expect(names()).toEqual(["dist/x"]);
  });

  it.each<[string, () => void]>([
    ["is not UTF-8", () => write("p/prompts/x.prompt.yaml", Buffer.from(`${PROMPT}# caf\u00E9`, "latin1"))],
    ["is larger than 2 MiB", () => write("p/prompts/x.prompt.yaml", PROMPT + "#".repeat(2 << 20))],
    ["is a link to nothing", () => symlinkSync("/nonexistent", join(root, "p/prompts/x.prompt.yaml"))],
  ])("is refused with the name of a prompt that %s: left out, it would be missing in silence", (fault, make) => {
    make();
    expect(() => names()).toThrow(`prompts/x.prompt.yaml ${fault}`);
  });

  it("may have other files that cannot be read, and pipes, which are never opened", () => {
    write("p/notes.yaml", Buffer.from("caf\u00E9", "latin1"));
    symlinkSync("/nonexistent", join(root, "p/gone.yaml"));
    execFileSync("mkfifo", [join(root, "p/prompts/pipe.prompt.yaml")]);
    expect(names()).toEqual([]);
  });

  it("is no file", () => expect(() => names("p/pbt.yaml")).toThrow(/is no folder\. .*--select/));
});

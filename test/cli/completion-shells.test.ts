import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli } from "./fake-io.ts";

/** A command in place of `pbt-edge`: what it is asked for, and two words that may stand there. */
const COMMAND = `#!/bin/sh
for word in "$@"; do printf '%s;' "$word" >> "$ASKED"; done
test -z "$NOTHING" && printf 'support/answer\\nkey:a b\\n'
exit 0
`;

/** Calls the completion's function as the shell would, and prints a word a line. */
const CALLS: Readonly<Record<string, string>> = {
  bash: 'source "$SCRIPT"; COMP_WORDS=(pbt-edge exec "$WORD"); COMP_CWORD=2; _pbt_edge; printf "%s\\n" "${COMPREPLY[@]}"',
  // What completion has inside of an editor only: adding words, and words of files.
  zsh: `compdef() { :; }; compadd() { shift; print -rl -- "$@"; }; _files() { print -r -- "a file"; }
source "$SCRIPT"; words=(pbt-edge exec "$WORD"); CURRENT=3; _pbt_edge`,
};

const has = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

describe.each(Object.entries(CALLS))("completion in %s", (shell, call) => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pbt-edge-completion-"));
    writeFileSync(join(folder, "pbt-edge"), COMMAND);
    chmodSync(join(folder, "pbt-edge"), 0o755);
    writeFileSync(join(folder, "script"), (await callCli(["completion", shell])).out);
    writeFileSync(join(folder, "asked"), "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const complete = (word: string, nothing = "") => {
    const { stdout, stderr } = spawnSync(shell, ["-c", call], {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${folder}${delimiter}${process.env["PATH"]}`,
        SCRIPT: join(folder, "script"),
        ASKED: join(folder, "asked"),
        WORD: word,
        NOTHING: nothing,
      },
    });
    const asked = spawnSync("cat", [join(folder, "asked")], { encoding: "utf8" }).stdout;
    return { words: stdout.split("\n").filter(Boolean), asked, stderr };
  };

  it.skipIf(!has(shell))(`asks for the word as it is begun, also an empty one (needs ${shell})`, () => {
    expect(complete("su")).toEqual({ words: ["support/answer", "key:a b"], asked: "complete;--;exec;su;", stderr: "" });
    expect(complete("").asked).toContain("complete;--;exec;;");
  });

  it.skipIf(!has(shell))(`leaves files to the shell where there is no word (needs ${shell})`, () => {
    expect(complete("x", "1").words).toEqual(shell === "zsh" ? ["a file"] : []);
  });
});

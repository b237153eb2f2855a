import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { writeProjectFile } from "../project/project-folder.ts";
import { PROJECT_FILE } from "../project/read-project.ts";

const HELLO = `name: hello
description: Greets somebody. A first prompt, to be replaced by yours.
model: gpt-6-luna
template: "Greet {{ who }} in one sentence, in {{ language }}."
variables:
  who: { type: string, required: true, description: Whom to greet }
  language: { type: string, default: English, options: [English, French, German] }
settings: { max_tokens: 100 }
tags: [example]
`;

const HELLO_TEST = `prompt_file: prompts/hello.prompt.yaml
tests:
  - name: greets briefly
    inputs: { who: Ada }
    max_length: 400
    assertions:
      - { type: min_length, value: 1 }
`;

function projectFile(name: string): string {
  return `name: ${JSON.stringify(name)}
version: "0.1.0"
directories:
  prompts: prompts
  tests: tests
# edge:
#   profile: default   # the profile of \`pbt-edge login\` that this project uses
`;
}

/** `pbt-edge init`: the files of a new project. What is there already stays as it is. */
export function initCommand(start: StartCli): Command {
  return new Command("init")
    .description("make a project: pbt.yaml, a first prompt and its test")
    .argument("[folder]", "where", ".")
    .action((folder: string, options: SharedOptions) => {
      const cli = start(options);
      const root = resolve(cli.io.cwd, folder);
      const files: Record<string, string> = { [PROJECT_FILE]: projectFile(basename(root)) };
      if (!existsSync(join(root, "prompts"))) {
        files["prompts/hello.prompt.yaml"] = HELLO;
        files["tests/hello.test.yaml"] = HELLO_TEST;
      }
      const made = Object.entries(files).filter(([path]) => !existsSync(join(root, path)));
      for (const [path, text] of made) writeProjectFile(root, path, text);
      cli.result({ folder: root, files: made.map(([path]) => path) }, () => [
        ...made.map(([path]) => `${cli.paint.green("+")} ${join(folder, path)}`),
        made.length === 0 ? "Everything is there already." : "",
        cli.paint.dim("Next: `pbt-edge login`, then `pbt-edge push` and `pbt-edge test`."),
      ]);
    });
}

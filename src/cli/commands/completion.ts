import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# pbt-edge: source <(pbt-edge completion bash)
_pbt_edge() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  mapfile -t COMPREPLY < <(pbt-edge complete -- "\${words[@]}" 2>/dev/null)
  if [ \${#COMPREPLY[@]} -eq 0 ]; then compopt -o default 2>/dev/null; fi
}
complete -F _pbt_edge pbt-edge
`,
  zsh: `#compdef pbt-edge
# pbt-edge: source <(pbt-edge completion zsh)
_pbt_edge() {
  local -a found
  found=("\${(@f)$(pbt-edge complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _pbt_edge pbt-edge
`,
};

/** `pbt-edge completion`: the script by which a shell completes commands, options and names. */
export function completionCommand(start: StartCli): Command {
  return new Command("completion")
    .description("print the completion of a shell: `source <(pbt-edge completion bash)`")
    .argument("<shell>", "bash or zsh")
    .action((shell: string, options: SharedOptions) => {
      const cli = start(options);
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined)
        throw new UsageError(`There is a completion for ${Object.keys(SCRIPTS).join(" and ")}.`);
      cli.io.write(script);
    });
}

/**
 * What the scripts ask: the words that may stand where the last one does. Nothing is asked of a
 * server.
 */
export function completeCommand(start: StartCli): Command {
  return new Command("complete")
    .argument("[words...]")
    .action((words: string[], options: SharedOptions, command: Command) => {
      const cli = start(options);
      const root = command.parent;
      if (!root) return;
      const begun = words.at(-1) ?? "";
      const named = commandOf(root, words.slice(0, -1));
      const candidates = begun.startsWith("-")
        ? named.options.flatMap(({ long }) => long ?? [])
        : named.commands.length > 0
          ? named.commands.map((each) => each.name()).filter((name) => name !== "complete")
          : takesPrompt(named)
            ? localNames(() => cli.project.prompts.map(({ name }) => name))
            : [];
      for (const word of candidates.filter((each) => each.startsWith(begun))) cli.io.write(`${word}\n`);
    });
}

/** The command that the words lead to. */
function commandOf(root: Command, words: readonly string[]): Command {
  let command = root;
  for (const word of words) {
    command = command.commands.find((each) => each.name() === word || each.aliases().includes(word)) ?? command;
  }
  return command;
}

function takesPrompt({ registeredArguments }: Command): boolean {
  return registeredArguments.some((argument) => ["name", "names", "selectors"].includes(argument.name()));
}

/** Outside of a project there are no names. */
function localNames(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

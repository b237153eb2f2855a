import { createHash } from "node:crypto";
import type { Cli } from "../cli.ts";
import { testsOfPrompt } from "../project/project-tests.ts";
import type { PromptProject } from "../project/read-project.ts";

/** A prompt's file and its tests by the prompt's name, each as a hash. */
type Fingerprints = ReadonlyMap<string, string>;

/**
 * Calls `test` with the names of the prompts whose file or tests have changed, again and again until
 * the command is interrupted. Other files of the folder, such as the report of the tests, start
 * nothing, because tests cost. What fails is told, and the next change is waited for.
 */
export async function watchPrompts(
  cli: Cli,
  freshCli: () => Cli,
  test: (fresh: Cli, names: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  const { io, paint } = cli;
  const tellWaiting = () =>
    cli.note(paint.dim("Waiting for changes. A saved prompt is pushed as a new version. Ctrl-C ends it."));
  let known = fingerprintsOf(cli.project);
  tellWaiting();
  for await (const _ of io.changes(cli.projectFolder)) {
    try {
      const fresh = freshCli();
      const now = fingerprintsOf(fresh.project);
      const changed = new Set([...now.keys()].filter((name) => now.get(name) !== known.get(name)));
      known = now;
      if (changed.size === 0) continue;
      await test(fresh, changed);
    } catch (error) {
      io.signal.throwIfAborted();
      cli.note(paint.red(error instanceof Error ? error.message : String(error)));
    }
    tellWaiting();
  }
}

function fingerprintsOf(project: PromptProject): Fingerprints {
  const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
  return new Map(
    project.prompts.map((prompt) => [
      prompt.name,
      hashOf(JSON.stringify([prompt.source, testsOfPrompt(project, prompt)])),
    ]),
  );
}

import type { Cli } from "../cli.ts";
import { contentHash } from "../project/push-plan.ts";
import type { LocalPrompt } from "../project/read-project.ts";

/** The newest stored version that has the text of a file; null where none has. */
export async function versionOfFile({ client }: Cli, { name, source }: LocalPrompt): Promise<number | null> {
  const hash = contentHash(source);
  for await (const { content_hash, version } of client.prompts.versions(name)) {
    if (content_hash === hash) return version;
  }
  return null;
}

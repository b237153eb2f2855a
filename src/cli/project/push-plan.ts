import { createHash } from "node:crypto";
import { checkPrompt, type CheckedPrompt } from "./check-prompt.ts";
import type { LocalPrompt } from "./read-project.ts";

/** A stored prompt, as the list of prompts has it. */
export interface StoredPrompt {
  name: string;
  /** The newest version. */
  version: number;
  content_hash: string;
}

/** How a prompt of the project stands beside the stored one. */
export type PushState = "new" | "changed" | "unchanged" | "rebuilt";

/** One prompt of the project, and what pushing would do. */
export interface PlannedPush extends LocalPrompt {
  /** `rebuilt`: the file is the same, and may take newer texts of prompts that it includes. */
  state: PushState;
  /** The newest version that is stored; null where none is. */
  version: number | null;
  check: CheckedPrompt;
}

/**
 * What pushing the prompts would do, in an order in which each comes after those that it includes.
 * A version's hash is that of its file, so the list of prompts tells what has changed. Only of
 * prompts with includes it is not: their hash is over the pinned versions, too.
 */
export function planPush(prompts: readonly LocalPrompt[], stored: readonly StoredPrompt[]): PlannedPush[] {
  const byName = new Map(stored.map((each) => [each.name, each]));
  const planned = prompts.map((prompt): PlannedPush => {
    const known = byName.get(prompt.name);
    const check = checkPrompt(prompt);
    return { ...prompt, check, version: known?.version ?? null, state: stateOf(prompt, known, check) };
  });
  return inOrderOfIncludes(planned);
}

function stateOf({ source }: LocalPrompt, known: StoredPrompt | undefined, { includes }: CheckedPrompt): PushState {
  if (!known) return "new";
  if (includes.length > 0) return "rebuilt";
  return known.content_hash === contentHash(source) ? "unchanged" : "changed";
}

/** The hash of a file's content, as the server makes it. */
export function contentHash(source: string): string {
  return createHash("sha256").update(source, "utf8").digest("hex");
}

/** Cycles are the server's to refuse: here they are gone through once. */
function inOrderOfIncludes(prompts: readonly PlannedPush[]): PlannedPush[] {
  const byName = new Map(prompts.map((prompt) => [prompt.name, prompt]));
  const ordered = new Set<PlannedPush>();
  const visited = new Set<string>();
  const visit = (prompt: PlannedPush) => {
    if (visited.has(prompt.name)) return;
    visited.add(prompt.name);
    for (const name of prompt.check.includes) {
      const included = byName.get(name);
      if (included) visit(included);
    }
    ordered.add(prompt);
  };
  for (const prompt of prompts) visit(prompt);
  return [...ordered];
}

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A prompt file of `prompts.yaml`. */
export interface LifelikePrompt {
  name: string;
  yaml: string;
}

/** The prompts of `prompts.yaml`, in its order. */
export const LIFELIKE_PROMPTS: readonly LifelikePrompt[] = readFileSync(
  fileURLToPath(import.meta.resolve("./prompts.yaml")),
  "utf8",
)
  .split(/^---\n/m)
  .map((yaml) => ({ name: /^name: (\S+)$/m.exec(yaml)?.[1] ?? "", yaml }));

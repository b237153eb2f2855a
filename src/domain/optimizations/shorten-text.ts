import { compactJson } from "./compact-json.ts";
import { dropFillers } from "./filler-phrases.ts";
import { protectText } from "./protected-text.ts";
import { dropRepetitions } from "./repeated-sentences.ts";
import { trimWhiteSpace } from "./white-space.ts";

/** The passes that shorten a template, in the order in which they are made. */
export const PASSES = ["compact_json", "filler_phrases", "repetitions", "white_space"] as const;
/** One of {@link PASSES}. */
export type Pass = (typeof PASSES)[number];

/** Makes one pass over a Jinja template. A text that cannot be protected stays as it is. */
export function makePass(pass: Pass, template: string): string {
  const held = protectText(template, { quotes: pass !== "compact_json" });
  if (!held) return template;
  switch (pass) {
    case "compact_json":
      return held.restore(compactJson(held.text));
    case "filler_phrases":
      return held.restore(dropFillers(held.text));
    case "repetitions":
      return held.restore(dropRepetitions(held));
    case "white_space":
      break;
  }
  return held.restore(trimWhiteSpace(held.text));
}

/** A template after all passes, and which of them changed it. */
export function shortenText(template: string): { text: string; passes: Pass[] } {
  let text = template;
  const passes = PASSES.filter((pass) => {
    const before = text;
    text = makePass(pass, text);
    return text !== before;
  });
  return { text, passes };
}

import { type IncludeTag, includeTags, replaceIncludes } from "../../template/include-tags.ts";
import { normalizeNewlines } from "../../template/lexer.ts";
import { templateFault } from "../../template/limits.ts";
import { syntaxFault } from "../../template/template-source.ts";
import {
  type IncludedPrompt,
  type IncludedPrompts,
  includeFault,
  MAX_INCLUDES,
  pinIncludes,
} from "../included-prompt.ts";
import type { PinnedInclude, PromptDefinition, PromptPart } from "../prompt.ts";
import { Findings } from "./findings.ts";
import type { PlacedMessages } from "./import-messages.ts";
import type { PlacedTemplate } from "./placed-template.ts";
import { MAX_FILE_LENGTH } from "./read-source.ts";

/** Messages in which the included templates stand, and what the prompt pins by that. */
export interface MessagesWithIncludes extends PlacedMessages {
  included: IncludedPrompt[];
  pins: { includes?: PinnedInclude[] };
}

const TOO_LONG = `is where the prompt has more than ${MAX_FILE_LENGTH} characters with what it includes`;

/** The references of all include tags, each once. Adds a fault where they are too many. */
export function referencesIn({ templates }: PlacedMessages, findings: Findings): string[] {
  const references = new Set<string>();
  for (const template of templates) {
    // A fault of a tag is found again, and told, when the tags are replaced.
    const tags = new Findings().collect(() => includeTags(template)) ?? [];
    for (const { reference } of tags) references.add(reference);
    if (references.size <= MAX_INCLUDES) continue;
    findings.fault(template.path, `is where the prompt includes more than ${MAX_INCLUDES} others`);
    return [];
  }
  return [...references];
}

/**
 * Puts the included templates in place of their tags. Adds a fault with line and column to
 * `findings` for each tag that is malformed, or that the prompt called `owner` cannot include.
 */
export function placeIncludes(
  placed: PlacedMessages,
  prompts: IncludedPrompts,
  owner: string,
  findings: Findings,
): MessagesWithIncludes {
  const included = new Set<IncludedPrompt>();
  const texts = new Map<string, string>();
  let length = 0;
  const templates = placed.templates.flatMap((template) => {
    const text = findings.collect(() => {
      const tags = includeTags(template);
      const found = tags.map((tag) => foundFor(tag, prompts, owner, template, findings));
      if (!found.every((prompt) => prompt !== undefined)) return undefined;
      for (const prompt of found) included.add(prompt);
      const parts = found.map((prompt) => prompt.text);
      const whole = replaceIncludes(template, tags, parts);
      length += whole.length;
      if (tags.length > 0 && length > MAX_FILE_LENGTH) throw templateFault(TOO_LONG, template.path);
      return whole;
    });
    if (text === undefined) return [];
    texts.set(template.text, text);
    return [{ ...template, text }];
  });
  const pins = included.size > 0 ? { includes: pinIncludes(included) } : {};
  return { ...placed, messages: withTexts(placed.messages, texts), templates, included: [...included], pins };
}

/** The prompt that a tag names. Adds a fault at the tag where it cannot be included. */
function foundFor(
  { reference, start }: IncludeTag,
  prompts: IncludedPrompts,
  owner: string,
  { text, path }: PlacedTemplate,
  findings: Findings,
): IncludedPrompt | undefined {
  const found = prompts.get(reference) ?? "a file alone includes nothing";
  const fault = typeof found === "string" ? found : includeFault(owner, found);
  if (typeof found !== "string" && fault === undefined) return found;
  const source = { path, text: normalizeNewlines(text) };
  const { errors = [] } = syntaxFault(source, start, `cannot include ${JSON.stringify(reference)}: ${fault}`);
  findings.errors.push(...errors);
  return undefined;
}

/** The messages with each template replaced by what `texts` has for it. */
function withTexts(messages: PromptDefinition["messages"], texts: ReadonlyMap<string, string>): typeof messages {
  const textFor = (text: string) => texts.get(text) ?? text;
  return messages.map((message) => {
    if (message.placeholder !== undefined) return message;
    const { content } = message;
    return { ...message, content: typeof content === "string" ? textFor(content) : content.map(withText) };
  });

  function withText(part: PromptPart): PromptPart {
    if (part.type === "text") return { ...part, text: textFor(part.text) };
    if (part.type === "image" && typeof part.image === "string") return { ...part, image: textFor(part.image) };
    if (part.type === "file" && typeof part.file === "string") return { ...part, file: textFor(part.file) };
    if (part.type === "audio" && typeof part.audio === "string") return { ...part, audio: textFor(part.audio) };
    return part;
  }
}

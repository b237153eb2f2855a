import type { PromptDefinition, PromptMessage, PromptPlaceholder } from "../prompts/prompt.ts";

/** The messages of a prompt. */
export type PromptMessages = PromptDefinition["messages"];

/** The templates in a prompt's messages, in their order. */
export function textsOf(messages: PromptMessages): string[] {
  const texts: string[] = [];
  mapTexts(messages, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/**
 * The messages with other templates, in the order of {@link textsOf}. Without texts none is left.
 */
export function withTexts(messages: PromptMessages, texts: readonly string[]): PromptMessages {
  let at = 0;
  return mapTexts(messages, (text) => texts[at++] ?? text);
}

/** The messages with each template changed. */
export function mapTexts(
  messages: PromptMessages,
  change: (text: string, role: PromptMessage["role"]) => string,
): PromptMessages {
  return messages.map((message): PromptMessage | PromptPlaceholder => {
    if (message.placeholder !== undefined) return message;
    const { content } = message;
    if (typeof content === "string") return { ...message, content: change(content, message.role) };
    const parts = content.map((part) =>
      part.type === "text" ? { ...part, text: change(part.text, message.role) } : part,
    );
    return { ...message, content: parts };
  });
}

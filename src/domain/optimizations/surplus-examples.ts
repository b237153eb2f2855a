import { type PromptMessages, textsOf, withTexts } from "./prompt-texts.ts";

/** Examples in a template: an element of XML, or a paragraph that begins with its number. */
const EXAMPLES =
  /<example\b[^<>]*>[\s\S]*?<\/example>[ \t]*\n*|(?:^|(?<=\n))[ \t]*(?:[#*-]+[ \t]*)?Example[ \t]+\d+[^\n]*(?:\n(?![ \t]*(?:\n|$))[^\n]*)*\n*/gi;
/** The most removals that are proposed of one prompt. */
const MOST_REMOVALS = 6;

/**
 * The messages without one of their examples, for each of them: of several in a template, and of
 * the turns of a conversation before its last question. Whether one is needed cannot be told from
 * the text, so each removal is a candidate of its own.
 */
export function withoutEachExample(messages: PromptMessages): PromptMessages[] {
  const texts = textsOf(messages);
  const ofTexts = texts.flatMap((text, at) =>
    withoutEach(text).map((shorter) =>
      withTexts(
        messages,
        texts.map((each, index) => (index === at ? shorter : each)),
      ),
    ),
  );
  return [...ofTexts, ...withoutEachTurn(messages)].slice(0, MOST_REMOVALS);
}

function withoutEach(text: string): string[] {
  const examples = [...text.matchAll(EXAMPLES)].filter(([example]) => !example.includes("{%"));
  if (examples.length < 2) return [];
  return examples.map(({ index, 0: example }) => text.slice(0, index) + text.slice(index + example.length));
}

/** A question without variables, and the answer to it, are an example. */
function withoutEachTurn(messages: PromptMessages): PromptMessages[] {
  const isFixed = (at: number, role: string) => {
    const message = messages[at];
    return message?.placeholder === undefined && message?.role === role && !/\{[{%]/.test(textsOf([message]).join(""));
  };
  return messages.flatMap((_, at) => {
    const isExample = isFixed(at, "user") && isFixed(at + 1, "assistant") && at + 2 < messages.length;
    return isExample ? [messages.filter((_each, index) => index !== at && index !== at + 1)] : [];
  });
}

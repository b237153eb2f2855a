import { MEDIA_FORMS, toMedia } from "../completions/media.ts";
import { messagesSchema } from "../completions/message-schema.ts";
import type { ContentPart, Media, Message } from "../completions/message.ts";
import { invalid } from "../errors.ts";
import type { PromptDefinition, PromptMessage, PromptPart, PromptPlaceholder } from "./prompt.ts";
import { ALONE } from "./import/import-parts.ts";
import { parseTemplate } from "../template/parse-template.ts";
import { renderTemplate } from "../template/render-template.ts";
import { bindVariables } from "./variables.ts";

type Variables = Record<string, unknown>;
/** A message, or the messages in place of a placeholder, with its templates parsed. */
type Render = (bound: Variables) => Message[];

/** Parsed templates by their definition: a version that stays in memory is parsed once. */
const parsed = new WeakMap<PromptDefinition, Render[]>();

/**
 * Checks the variables, fills in defaults and renders every message. A message that renders to
 * nothing but white space is left out, because providers refuse it. Throws a `validation_error`
 * that names the faulty variables or message, also where no message is left.
 */
export function renderPrompt(definition: PromptDefinition, variables: Variables): Message[] {
  const bound = bindVariables(definition.variables, variables);
  let renders = parsed.get(definition);
  if (!renders) parsed.set(definition, (renders = definition.messages.map(toRender)));
  const messages = renders.flatMap((render) => render(bound)).flatMap(withoutBlanks);
  if (messages.length > 0) return messages;
  throw invalid([{ path: "messages", message: "render to nothing with these variables" }]);
}

/** The message without texts that are white space alone; none where nothing else is in it. */
function withoutBlanks(message: Message): Message[] {
  const { content, tool_calls } = message;
  if (tool_calls) return [message];
  if (typeof content === "string") return content.trim() === "" ? [] : [message];
  const parts = content.filter((part) => part.type !== "text" || part.text.trim() !== "");
  return parts.length === 0 ? [] : [{ ...message, content: parts }];
}

function toRender(message: PromptMessage | PromptPlaceholder, index: number): Render {
  if (message.placeholder !== undefined) return historyOf(message.placeholder);
  const { content, ...rest } = message;
  const path = `messages.${index}.content`;
  if (typeof content === "string") {
    const template = parseTemplate(content, path);
    return (bound) => [{ ...rest, content: renderTemplate(template, bound) }];
  }
  const parts = content.map((part, at) => toRenderedPart(part, `${path}.${at}`));
  return (bound) => [{ ...rest, content: parts.map((render) => render(bound)) }];
}

/** The variable's messages. A variable that may be left out stands for none. */
function historyOf(name: string): Render {
  return (bound) => messagesSchema.parse(bound[name] ?? []);
}

function toRenderedPart(part: PromptPart, path: string): (bound: Variables) => ContentPart {
  if (part.type === "text") {
    const template = parseTemplate(part.text, `${path}.text`);
    return (bound) => ({ ...part, text: renderTemplate(template, bound) });
  }
  if (part.type === "image") {
    const medium = toMedium(part.image, `${path}.image`);
    return (bound) => ({ ...part, image: medium(bound), ...ofVariable(part.image, "detail", bound) });
  }
  if (part.type === "file") {
    const medium = toMedium(part.file, `${path}.file`);
    return (bound) => ({ ...part, file: medium(bound), ...ofVariable(part.file, "filename", bound) });
  }
  const medium = toMedium(part.audio, `${path}.audio`);
  return (bound) => ({ ...part, audio: medium(bound) });
}

/** What a caller says of a medium beside where it is, as OpenAI's variables do. */
function ofVariable(written: string | Media, key: "detail" | "filename", bound: Variables): object {
  const [, name] = (typeof written === "string" && ALONE.exec(written)) || [];
  const given = name === undefined ? undefined : bound[name];
  const said: unknown = typeof given === "object" && given !== null ? Reflect.get(given, key) : undefined;
  return typeof said === "string" ? { [key]: said } : {};
}

function toMedium(written: string | Media, path: string): (bound: Variables) => Media {
  if (typeof written !== "string") return () => written;
  const [, name] = ALONE.exec(written) ?? [];
  const template = parseTemplate(written, path);
  return (bound) => {
    const found = toMedia(name === undefined ? renderTemplate(template, bound) : bound[name]);
    if (!found) throw invalid([{ path, message: MEDIA_FORMS }]);
    return found;
  };
}

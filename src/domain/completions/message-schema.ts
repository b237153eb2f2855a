import * as z from "zod";
import { MEDIA_FORMS, toMedia } from "./media.ts";
import type { ContentPart, Message } from "./message.ts";
import type { ToolCall, ToolChoice } from "./tools.ts";

/** The most messages that follow a prompt's own. */
const MAX_MESSAGES = 1_000;
const MAX_PARTS = 100;
const MAX_TOOLS = 128;
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -");

/** A picture, document or recording in any of its forms. */
const media = z.unknown().transform((value, context) => {
  const found = toMedia(value);
  if (found) return found;
  context.addIssue({ code: "custom", message: MEDIA_FORMS });
  return z.NEVER;
});

/** Where a provider may keep the prompt up to. */
export const cacheControlSchema = z.strictObject({
  type: z.literal("ephemeral"),
  ttl: z.enum(["5m", "1h"]).optional(),
});
const cached = { cache_control: cacheControlSchema.optional() };

const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string(), ...cached }),
  z.strictObject({
    type: z.literal("image"),
    image: media,
    detail: z.enum(["low", "high", "auto"]).optional(),
    ...cached,
  }),
  z.strictObject({ type: z.literal("file"), file: media, filename: z.string().max(256).optional(), ...cached }),
  z.strictObject({ type: z.literal("audio"), audio: media, format: z.enum(["wav", "mp3"]).optional(), ...cached }),
]) satisfies z.ZodType<ContentPart>;

/** The arguments of a call are its JSON, or the text that a model gave in its place. */
const toolCall = z
  .strictObject({ id: z.string().min(1).max(256), name: toolName, arguments: z.unknown() })
  .transform(({ id, name, arguments: given }): ToolCall => ({
    id,
    name,
    arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}),
  }));

/** The calls that a message of the assistant asks for. */
export const toolCallsSchema = z.array(toolCall).min(1).max(MAX_TOOLS);

const content = z.union([z.string(), z.array(part).min(1).max(MAX_PARTS)]);

const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["user", "developer", "system"]), content }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.union([content, z.null().transform(() => "")]).default(""),
    tool_calls: toolCallsSchema.optional(),
  }),
  z.strictObject({ role: z.literal("tool"), content, tool_call_id: z.string().min(1).max(256) }),
]) satisfies z.ZodType<Message>;

/** A conversation, such as a history or what follows a prompt's own messages. */
export const messagesSchema = z.array(message).max(MAX_MESSAGES);

/** Tools as the API and prompt files give them. */
export const toolsSchema = z
  .array(
    z.strictObject({
      name: toolName,
      description: z.string().max(4096).optional(),
      parameters: z.record(z.string(), z.unknown()).default({ type: "object", properties: {} }),
      strict: z.boolean().optional(),
    }),
  )
  .max(MAX_TOOLS)
  .superRefine((tools, context) => {
    const names = new Set<string>();
    for (const [index, { name }] of tools.entries()) {
      if (names.has(name))
        context.addIssue({ code: "custom", path: [index, "name"], message: `"${name}" is there twice` });
      names.add(name);
    }
  });

/** How tools may be used. */
export const toolChoiceSchema: z.ZodType<ToolChoice> = z.union([
  z.enum(["auto", "none", "required"]),
  z.strictObject({ name: toolName }),
]);

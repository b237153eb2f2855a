import { openaiWire } from "./openai-wire.ts";
import { isObject } from "./json.ts";
import { bearerKey, type StreamScript, type Wire, type WireReply } from "./wire.ts";

/** Where the compatible server's paths begin. */
export const COMPATIBLE_PREFIX = "/compatible";

/** The parts of a whole answer and of a chunk that compatible servers write otherwise. */
interface Body {
  choices: { message?: Content; delta?: Content; finish_reason: string | null }[];
  usage?: unknown;
}

interface Content {
  content?: unknown;
}

/**
 * A third provider: a server that speaks OpenAI's chat completions with the usual deviations, all
 * of them unless the profile names some. It takes calls without a key.
 */
export const compatibleWire: Wire = {
  ...openaiWire,
  provider: "compatible",
  read: (body, headers) => openaiWire.read(asKnown(body), headers),
  keyOf: (headers) => bearerKey(headers) || textOr(headers["api-key"]),
  missingKey: null,
  headers: (requestId) => ({ "x-request-id": requestId }),
  whole(reply, text) {
    const body = deviating(openaiWire.whole(reply, text) as Body, reply);
    const isEmpty = reply.deviations.includes("empty_finish_reason");
    return isEmpty ? { ...body, choices: body.choices.map((choice) => ({ ...choice, finish_reason: "" })) } : body;
  },
  script,
};

/** A model of this name is at a server that knows one name of the bound, and ignores the other. */
const KNOWS_MAX_TOKENS_ONLY = /Old-Bound/;

function asKnown(body: unknown): unknown {
  if (!isObject(body) || typeof body["model"] !== "string" || !KNOWS_MAX_TOKENS_ONLY.test(body["model"])) return body;
  const { max_completion_tokens: _ignored, ...known } = body;
  return known;
}

function script(reply: WireReply): StreamScript {
  const { opening, delta, closing, ...rest } = openaiWire.script(reply);
  const rewrite = (events: string) => deviatingEvents(events, reply);
  return { ...rest, opening: rewrite(opening), delta: (piece) => rewrite(delta(piece)), closing: rewrite(closing) };
}

function deviatingEvents(events: string, reply: WireReply): string {
  const chunks = events.split("\n\n").filter((event) => event !== "");
  const kept = chunks
    .map((event) => deviating(JSON.parse(event.slice("data: ".length)) as Body, reply))
    .filter((chunk) => chunk.choices.length > 0 || chunk.usage !== undefined);
  const gap = reply.deviations.includes("empty_data") ? "data: \n\n" : "";
  return kept.map((chunk) => `${gap}data: ${JSON.stringify(chunk)}\n\n`).join("");
}

function deviating({ usage, ...body }: Body, { deviations }: WireReply): Body {
  const asParts = deviations.includes("content_parts");
  const finishOf = (reason: string | null) => reason ?? (deviations.includes("empty_finish_reason") ? "" : null);
  const choices = body.choices.map(({ message, delta, finish_reason }) => ({
    ...(message && { message: asParts ? inParts(message) : message }),
    ...(delta && { delta: asParts ? inParts(delta) : delta }),
    finish_reason: finishOf(finish_reason),
  }));
  const hasUsage = usage !== undefined && !deviations.includes("missing_usage");
  return { ...body, choices, ...(hasUsage && { usage }) };
}

function inParts(said: Content): Content {
  return typeof said.content === "string" ? { ...said, content: [{ type: "text", text: said.content }] } : said;
}

function textOr(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}

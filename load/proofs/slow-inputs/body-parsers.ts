import { chatDoor } from "../../../src/domain/doors/chat/door.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { decodeCursor } from "../../../src/domain/page.ts";
import { parseCacheControl } from "../../../src/domain/executions/cache-control.ts";
import { parseJsonBody } from "../../../src/domain/json-body.ts";
import { aliasSchema, nameSchema, promptNameSchema } from "../../../src/domain/name.ts";
import { parseToken } from "../../../src/domain/tenants/api-key.ts";
import { clientNetwork } from "../../../src/domain/tenants/client-address.ts";
import { webhookUrlFault } from "../../../src/domain/webhooks/webhook-url.ts";
import { resolveModel } from "../../../src/domain/completions/models.ts";
import { jsonElements } from "../../../src/lib/json-elements.ts";
import { linesOf } from "../../../src/lib/text-stream.ts";
import { stableJson } from "../../../src/lib/stable-json.ts";
import { withoutEmptyParameters } from "../../../src/middleware/empty-parameters.ts";
import { type TextParser, repeat } from "./pumped-texts.ts";

const JSON_TOKENS = [
  '"',
  "\\",
  "\\\\",
  "1",
  '"1":',
  '"a":1,',
  '"a":[],',
  "[],",
  ",",
  "{",
  "}",
  "[",
  "]",
  ":",
  " ",
  "a",
];
const HEADER_TOKENS = ["a", "=", ",", ";", '"', " ", "?", "&", "a=", "a=&", "/", ".", ":", "-", "1", "%", "_", "a/"];
/** Characters that arrive at a time: much less than a chunk of the network. */
const PIECE = 256;
const LIMIT = 1 << 20;

/** The parsers of bodies, headers and addresses. */
export const BODY_PARSERS: readonly TextParser[] = [
  {
    parser: "JSON body",
    tokens: JSON_TOKENS,
    shapes: {
      "names like numbers": (size) => `{${names(size, (at) => `"${at}":1`)}}`,
      "names like numbers, downwards": (size) => `{${names(size, (at) => `"${size - at}":1`)}}`,
      "lists in a list": (size) => `[${names(size, () => "[1]")}]`,
      "backslashes and a name like a number": (size) => `{"1":"${repeat("\\\\", size)}"}`,
    },
    work: (text) => stableJson(parseJsonBody(text, failed)),
  },
  {
    parser: "JSON batch in pieces",
    tokens: JSON_TOKENS,
    around: ['{"b":[],"items":[', "]}"],
    work: async (text) => readItems(piecesOf(text)),
  },
  {
    parser: "fields of a JSON batch in pieces",
    tokens: JSON_TOKENS,
    around: ["{", "}"],
    shapes: {
      "lists before the items": (size) => repeat('"a":[],', size * 8),
      "a text of backslashes": (size) => `"a":"${repeat("\\\\", size)}"`,
    },
    work: async (text) => readItems(piecesOf(text)),
  },
  {
    parser: "JSON batch in one piece",
    tokens: JSON_TOKENS,
    around: ['{"items":["', ""],
    shapes: { "backslashes in a text": (size) => `${repeat("\\\\", size)}a` },
    work: async (text) => readItems(wholeOf(text)),
  },
  {
    parser: "NDJSON batch in pieces",
    tokens: ["\n", "{}", " ", "\r\n", "{}\n", "a"],
    work: async (text) => readAll(linesOf(piecesOf(text), LIMIT, failed)),
  },
  {
    parser: "messages of a chat completion",
    tokens: ["a", ".", "1", ",", ".1.1", "a,"],
    shapes: { "a fault in each": (size) => names(size, () => "a"), "one of numbers": (size) => repeat(".1", size) },
    work: (text) => readChat({ model: "m", messages: text.split(","), [text]: 1 }),
  },
  {
    parser: "picture of a chat completion",
    tokens: ["data:", "image/png", ";", "a=", "a=b;", "base64,", "A", "=", ",", "/", "https://"],
    around: ["data:image/png", "!"],
    work: (url) =>
      readChat({ model: "m", messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] }),
  },
  { parser: "Cache-Control", tokens: HEADER_TOKENS, work: (text) => parseCacheControl(text) },
  {
    parser: "query without empty parameters",
    tokens: HEADER_TOKENS,
    shapes: { "many empty parameters": (size) => names(size / 8, (at) => `a${at}=`).replaceAll(",", "&") },
    around: ["https://edge.test/v1/prompts?", ""],
    work: (text) => withoutEmptyParameters(text),
  },
  { parser: "cursor", tokens: HEADER_TOKENS, work: (text) => decodeCursor("executions", text) },
  { parser: "cursor of aliases", tokens: HEADER_TOKENS, work: (text) => decodeCursor("aliases", text) },
  { parser: "alias", tokens: HEADER_TOKENS, work: (text) => aliasSchema.safeParse(text) },
  { parser: "name", tokens: HEADER_TOKENS, work: (text) => nameSchema.safeParse(text) },
  { parser: "prompt name", tokens: HEADER_TOKENS, work: (text) => promptNameSchema.safeParse(text) },
  {
    parser: "model name",
    tokens: [...HEADER_TOKENS, "-latest", "-2025-01-01", "-1234"],
    work: (text) => resolveModel(text),
  },
  { parser: "API key", tokens: [...HEADER_TOKENS, "pbt_"], work: (text) => parseToken(text) },
  { parser: "client address", tokens: HEADER_TOKENS, work: (text) => clientNetwork(text) },
  {
    parser: "webhook address",
    tokens: HEADER_TOKENS,
    around: ["https://", ""],
    work: (text) => webhookUrlFault(text, []),
  },
];

/** Reads a body, or says why not in the form of its API. */
function readChat(body: Record<string, unknown>): void {
  try {
    chatDoor.read(body);
  } catch (error) {
    if (error instanceof AppError) chatDoor.error(error, "req_1");
    else throw error;
  }
}

function names(count: number, name: (at: number) => string): string {
  return Array.from({ length: Math.ceil(count) }, (_, at) => name(at)).join(",");
}

function failed(): Error {
  return new Error("refused");
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += PIECE) yield text.slice(at, at + PIECE);
}

async function* wholeOf(text: string): AsyncGenerator<string> {
  yield text;
}

async function readItems(pieces: AsyncIterable<string>): Promise<void> {
  await readAll(jsonElements(pieces, "items", LIMIT, { notJson: failed, tooLong: failed }).elements);
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

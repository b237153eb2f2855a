import { isRecord } from "../json-schema/values.ts";

/** The most tokens of a picture, however large: OpenAI's 10,000 patches at full detail. */
export const TOKENS_OF_IMAGE = 10_000;
/** The most tokens of what the provider fetches or has: a model reads no more than its window. */
export const TOKENS_OF_WINDOW = 1_000_000;

/**
 * Fields by which a part names what is not in the body. Servers of our tenants know videos, too.
 */
const ELSEWHERE = ["file_id", "file_url", "video_url", "audio_url"];
/** Parts that are a picture though none of their fields is called so. */
const PICTURES: ReadonlySet<unknown> = new Set(["input_image", "computer_screenshot", "image_generation_call"]);
/** Calls of tools: what is in them is the model's own words, and no part. */
const CALLS: ReadonlySet<unknown> = new Set(["tool_use", "server_tool_use", "mcp_tool_use"]);

type Body = Readonly<Record<string, unknown>>;

/**
 * The most tokens of a relayed body beside those of its bytes, less the bytes of its pictures,
 * which are not read as text. It looks at all parts in all places, whether or not their door reads
 * them: the provider does.
 */
export function tokensBesideText(body: Body): number {
  const items: unknown[] = Array.isArray(body["input"]) ? body["input"] : [];
  let tokens = items.filter(isBareReference).length * TOKENS_OF_WINDOW;
  // Without recursion, because a body may be as deep as it is long.
  const open: unknown[] = [body["messages"], body["input"], body["system"]];
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) for (const each of value) open.push(each);
    else if (isRecord(value) && !isModelsCall(value)) {
      const own = tokensOfPart(value);
      tokens += own ?? 0;
      if (own === undefined) for (const each of Object.values(value)) open.push(each);
    }
  }
  return tokens;
}

/** Whether a block is a call of a tool in the model's own words. */
export function isModelsCall({ type }: Body): boolean {
  return CALLS.has(type);
}

/** Undefined for what is no medium itself, but may have some inside. */
function tokensOfPart(part: Body): number | undefined {
  const { type, audio } = part;
  const picture = part["image_url"] ?? (type === "image" ? (part["source"] ?? part) : undefined);
  if (picture !== undefined || PICTURES.has(type)) return TOKENS_OF_IMAGE - bytesOfPicture(picture);
  const isElsewhere = type === "item_reference" || type === "url" || ELSEWHERE.some((name) => isGiven(part[name]));
  return isElsewhere || (isRecord(audio) && isGiven(audio["id"])) ? TOKENS_OF_WINDOW : undefined;
}

/** The bytes of a picture that is in the body: a `data:` URL, or base64. */
function bytesOfPicture(picture: unknown): number {
  const data = isRecord(picture) ? (picture["data"] ?? picture["url"]) : picture;
  return typeof data === "string" ? data.length : 0;
}

/** An item of OpenAI's Responses whose `type` is left out is a reference where it is only an id. */
function isBareReference(item: unknown): boolean {
  return isRecord(item) && isGiven(item["id"]) && !isGiven(item["type"]) && !isGiven(item["role"]);
}

/** Where in a body an item stands for what OpenAI keeps; undefined where none does. */
export function keptItemPath({ input }: Body): string | undefined {
  if (!Array.isArray(input)) return undefined;
  const at = input.findIndex((item) => isBareReference(item) || (isRecord(item) && item["type"] === "item_reference"));
  return at === -1 ? undefined : `input.${at}`;
}

/** All tools that a body offers: its own, and those that items of its conversation bring. */
export function offeredTools({ tools, input }: Body): unknown[] | undefined {
  const brought = (Array.isArray(input) ? input : []).flatMap((item: unknown): unknown[] =>
    isRecord(item) && Array.isArray(item["tools"]) && BRINGS_TOOLS.has(item["type"]) ? item["tools"] : [],
  );
  if (Array.isArray(tools)) return [...(tools as unknown[]), ...brought];
  return brought.length > 0 ? brought : undefined;
}

const BRINGS_TOOLS: ReadonlySet<unknown> = new Set(["additional_tools", "tool_search_output"]);

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

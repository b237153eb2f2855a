import type { Media } from "./message.ts";

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.-]+=[^;,]*)*;base64,([A-Za-z0-9+/]*={0,2})$/;

/**
 * A picture, document or recording as a caller gives it: an `https:` or `data:` URL, `{url}`,
 * `{data, media_type}` or `{file_id}`. Undefined where it is none of them. A URL is passed to the
 * provider and never fetched here.
 */
export function toMedia(value: unknown): Media | undefined {
  if (typeof value === "string") return fromUrl(value);
  if (typeof value !== "object" || value === null) return undefined;
  const { url, data, media_type, file_id } = value as Record<string, unknown>;
  if (typeof url === "string") return fromUrl(url);
  if (typeof file_id === "string" && file_id !== "") return { file_id };
  if (typeof data !== "string" || typeof media_type !== "string") return undefined;
  return DATA_URL.test(`data:${media_type};base64,${data}`) ? { data, media_type } : undefined;
}

/** What a fault says of a value that {@link toMedia} does not take. */
export const MEDIA_FORMS = "must be an https: or data: URL, {data, media_type} or {file_id}";

function fromUrl(text: string): Media | undefined {
  const [, media_type, data] = DATA_URL.exec(text) ?? [];
  if (media_type !== undefined && data !== undefined) return { data, media_type };
  return URL.canParse(text) && new URL(text).protocol === "https:" ? { url: text } : undefined;
}

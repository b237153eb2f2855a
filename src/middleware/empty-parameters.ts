import type { AppContext } from "./context.ts";

/** Leaves query parameters without a value out (`?tag=&cursor=`): forms send them so. */
export function dropEmptyParameters(c: AppContext): void {
  const { url } = c.req.raw;
  const cleaned = withoutEmptyParameters(url);
  if (cleaned !== url) c.req.raw = new Request(cleaned, c.req.raw);
}

/**
 * An address without the query parameters whose value is empty. One pass: this runs before a key is
 * checked.
 */
export function withoutEmptyParameters(url: string): string {
  const start = url.indexOf("?") + 1;
  if (start === 0) return url;
  const hash = url.indexOf("#", start);
  const end = hash === -1 ? url.length : hash;
  const parameters = url.slice(start, end).split("&");
  const kept = parameters.filter((parameter) => parameter.indexOf("=") !== parameter.length - 1 || parameter === "");
  return kept.length === parameters.length ? url : url.slice(0, start) + kept.join("&") + url.slice(end);
}

import { iterate } from "./compare.ts";
import { dictItems } from "./methods-dict.ts";
import type { FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { textOf } from "./python-text.ts";
import type { Value } from "./values.ts";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };
const NAMED_ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

const escape = filter([], (input, _args, { fuel }) =>
  textOf(input, fuel).replace(/[&<>'"]/g, (char) => ENTITIES[char] ?? char),
);

/**
 * Removes comments and tags, collapses white space and decodes entities. No regular expression
 * spans a tag, so the time is linear.
 */
const striptags = filter([], (input, _args, { fuel }) => {
  const bare = removeBetween(removeBetween(textOf(input, fuel), "<!--", "-->"), "<", ">");
  return unescape(bare.trim().split(/\s+/u).join(" "));
});

function removeBetween(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
    if (end === -1) break;
    kept.push(text.slice(from, start));
    from = end + close.length;
  }
  kept.push(text.slice(from));
  return kept.join("");
}

function unescape(text: string): string {
  return text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return NAMED_ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

const urlencode = filter([], (input, _args, { fuel }) => {
  if (typeof input === "string") return quote(input, "/");
  if (!(input instanceof Map) && !Array.isArray(input)) return quote(textOf(input, fuel), "/");
  const pairs = input instanceof Map ? dictItems(input, fuel) : input;
  return pairs.map((pair) => queryPair(pair, fuel)).join("&");
});

function queryPair(pair: Value, fuel: Fuel): string {
  const [key, value, ...rest] = iterate(pair, fuel);
  if (key === undefined || value === undefined || rest.length > 0)
    throw templateFault("urlencode needs a dictionary, or a list of pairs");
  return `${quote(textOf(key, fuel), "")}=${quote(textOf(value, fuel), "")}`.replaceAll("%20", "+");
}

/** Python's `quote`: keeps letters, digits, `_.-~` and `safe`. */
function quote(text: string, safe: string): string {
  const encoded = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return safe === "/" ? encoded.replaceAll("%2F", "/") : encoded;
}

/**
 * Filters that change the encoding of a text. Nothing is escaped unless a template uses one of
 * them.
 */
export const ESCAPE_FILTERS: FilterTable = [
  ["escape", escape],
  ["e", escape],
  ["forceescape", escape],
  ["safe", filter([], (input, _args, { fuel }) => textOf(input, fuel))],
  ["striptags", striptags],
  ["urlencode", urlencode],
];

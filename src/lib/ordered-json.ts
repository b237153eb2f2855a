/** A name that JavaScript moves to the front of an object. */
const INDEX = /^(?:0|[1-9]\d*)$/;
/**
 * Whether a text may have an integer beyond 2^53, which has sixteen digits or more, or an exponent.
 */
const LONG_NUMBER = /\d{16}|\d[eE]/;
/** Whether a text may have such a name. */
const INDEX_IN_TEXT = /"\d+"\s*:/;
/** A string in JSON, and the colon after it where it is a name. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/**
 * Parses JSON as `JSON.parse` does, and keeps the order of an object's names where they look like
 * numbers: `{"2025": 1, "2024": 2}`. Throws SyntaxError for what is no JSON.
 */
export function parseOrdered(text: string): unknown {
  return parseInOrder(text, (json) => JSON.parse(json) as unknown);
}

/**
 * The same with the digits of each integer beyond 2^53: `JSON.stringify` writes it as it was
 * written. Meant for values that are passed on, because such a number is an object here.
 */
export function parseExact(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return parseOrdered(text);
  return parseInOrder(text, (json) => JSON.parse(json, exactNumber) as unknown);
}

function parseInOrder(text: string, parse: (json: string) => unknown): unknown {
  const value = parse(text);
  if (!INDEX_IN_TEXT.test(text)) return value;
  // With a mark before each name none looks like a number.
  return unmarked(parse(text.replace(STRING, (said, colon?: string) => (colon ? `"#${said.slice(1)}` : said))));
}

/** A reviver that replaces a number whose digits or size JavaScript's cannot hold by its text. */
function exactNumber(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isExact ? value : RawJson.rawJSON(context.source);
}

/** What of ECMAScript's "JSON.parse source text access" TypeScript does not declare yet. */
const RawJson = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** An object with these members, in this order, whatever their names look like. */
export function orderedObject(members: [name: string, value: unknown][]): Record<string, unknown> {
  const object: Record<string, unknown> = Object.fromEntries(members);
  const [first] = Object.keys(object);
  if (first === undefined || !INDEX.test(first)) return object;
  const names = members.map(([name]) => name);
  return new Proxy(object, { ownKeys: () => names });
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null || RawJson.isRawJSON(value)) return value;
  return orderedObject(Object.entries(value).map(([name, member]) => [name.slice(1), unmarked(member)]));
}

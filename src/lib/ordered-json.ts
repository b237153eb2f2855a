/** A name that JavaScript moves to the front of an object. */
const INDEX = /^(?:0|[1-9]\d*)$/;
/** Whether a text may have such a name. */
const INDEX_IN_TEXT = /"\d+"\s*:/;
/** A string in JSON, and the colon after it where it is a name. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/**
 * Parses JSON as `JSON.parse` does, and keeps the order of an object's names where they look like
 * numbers: `{"2025": 1, "2024": 2}`. Throws SyntaxError for what is no JSON.
 */
export function parseOrdered(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!INDEX_IN_TEXT.test(text)) return value;
  // With a mark before each name none looks like a number.
  return unmarked(JSON.parse(text.replace(STRING, (said, colon?: string) => (colon ? `"#${said.slice(1)}` : said))));
}

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
  if (typeof value !== "object" || value === null) return value;
  return orderedObject(Object.entries(value).map(([name, member]) => [name.slice(1), unmarked(member)]));
}

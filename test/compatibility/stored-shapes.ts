import type { Recording } from "./recording.ts";

/**
 * The shape of all that a version stores, sends and caches, a field a line by its kind:
 * `message group.batch_id: string`. Names that tenants choose, such as those of variables, are `*`.
 */
export function shapesOf({ shards, objects, copies, messages, calls }: Recording): string {
  const found = new Map<string, Set<string>>();
  const note = (place: string, value: unknown) => noteShape(found, place, value);
  for (const tables of shards) {
    for (const [table, rows] of Object.entries(tables)) for (const row of rows) note(`d1 ${table}`, row);
  }
  for (const { binding, rows, values } of objects) {
    for (const [table, some] of Object.entries(rows)) for (const row of some) note(`${binding} ${table}`, row);
    for (const [key, value] of Object.entries(values)) note(`${binding} ${key.replace(/\d+/, "*")}`, value);
  }
  for (const { tier, key, body } of copies) {
    const kind = key.replace(/^https:\/\/[^/]+\/[0-9a-f]{16}\//, "").split("/")[0] ?? "";
    note(`${tier} ${/^(?:ten_|[0-9a-f-]{36})/.test(kind) ? "answer" : kind}`, body);
  }
  for (const { body } of messages) note(`message ${(body as { type: string }).type}`, body);
  for (const { binding, method, args } of calls) note(`call ${binding}.${method}`, args);
  const lines = [...found].map(([place, types]) => `${place}: ${[...types].toSorted(byText).join(" | ")}\n`);
  return lines.toSorted(byText).join("");
}

/** Fields whose own fields have names that tenants or providers choose. */
const NAMED_BY_OTHERS = new Set(["variables", "metadata", "inputs", "properties", "labels", "scores", "series"]);

/** Ids and the like, which are names of fields in maps. */
const IS_MADE = /^(?:[a-z]+_)?[0-9a-f]{8}|^\d+$/;

function noteShape(found: Map<string, Set<string>>, place: string, value: unknown): void {
  const parsed = typeof value === "string" && /^[{[]/.test(value) ? parse(value) : value;
  if (parsed === undefined) return;
  if (Array.isArray(parsed)) {
    for (const each of parsed) noteShape(found, `${place}[]`, each);
    return;
  }
  if (typeof parsed === "object" && parsed !== null && !("$bytes" in parsed)) {
    const isNamedByOthers = NAMED_BY_OTHERS.has(place.split(".").at(-1) ?? "");
    for (const [name, each] of Object.entries(parsed)) {
      noteShape(found, `${place}.${isNamedByOthers || IS_MADE.test(name) ? "*" : name}`, each);
    }
    return;
  }
  const types = found.get(place) ?? new Set();
  found.set(place, types.add(parsed === null ? "null" : typeof parsed));
}

const byText = (a: string, b: string) => (a < b ? -1 : 1);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import type { Bound } from "./bind-arguments.ts";
import { compare, defined, isEqual, iterate } from "./compare.ts";
import type { Machine } from "./machine.ts";
import type { BoundFilter, FilterTable } from "./filter.ts";
import { attributeOf, filter, foldCase } from "./filter.ts";
import { templateFault } from "./limits.ts";
import { dictItems, sortedItems } from "./methods-dict.ts";
import { operate } from "./operators.ts";
import { joinAll } from "./text-tools.ts";
import type { Value } from "./values.ts";
import { Namespace, Tuple, Undefined, characters, numberOf, orElse, textLength, typeName } from "./values.ts";

/** Pairs each item with the key by which a filter sorts, groups or compares it. */
function keyed(input: Value, args: Bound, machine: Machine): { key: Value; item: Value }[] {
  const attributes = args.get("attribute");
  const fold = args.flag("case_sensitive") ? (value: Value): Value => value : foldCase;
  const items = iterate(input, machine.fuel);
  machine.fuel.step(items.length);
  return items.map((item) => {
    if (attributes === undefined || attributes === null) return { key: fold(item), item };
    const names = typeof attributes === "string" ? attributes.split(",") : [attributes];
    const keys = names.map((name) => fold(attributeOf(item, name, machine, args.get("default"))));
    return { key: keys.length === 1 ? (keys[0] ?? null) : keys, item };
  });
}

const length = filter([], (input) => {
  if (typeof input === "string") return textLength(input);
  if (Array.isArray(input)) return input.length;
  if (input instanceof Tuple) return input.items.length;
  if (input instanceof Map) return input.size;
  if (input instanceof Undefined) return 0;
  throw templateFault(`a value of type ${typeName(input)} has no length`);
});

const end = (name: "first" | "last"): BoundFilter =>
  filter([], (input, _args, { fuel }) => {
    const item = iterate(input, fuel).at(name === "first" ? 0 : -1);
    return orElse(item, () => new Undefined(`there is no ${name} item: the sequence is empty`));
  });

const sort = filter(["reverse", "case_sensitive", "attribute"], (input, args, machine) => {
  const direction = args.flag("reverse") ? -1 : 1;
  const sorted = keyed(input, args, machine).sort((a, b) => direction * compare(a.key, b.key, machine.fuel));
  return sorted.map(({ item }) => item);
});

const extreme = (direction: 1 | -1, name: string): BoundFilter =>
  filter(["case_sensitive", "attribute"], (input, args, machine) => {
    const [first, ...rest] = keyed(input, args, machine);
    if (!first) return new Undefined(`there is no ${name}: the sequence is empty`);
    return rest.reduce((best, next) => (direction * compare(next.key, best.key, machine.fuel) < 0 ? next : best), first)
      .item;
  });

const unique = filter(["case_sensitive", "attribute"], (input, args, machine) => {
  const seen = new Set<Value>();
  return keyed(input, args, machine)
    .filter(({ key }) => {
      const known = numberOf(key) ?? key;
      if (typeof known === "object" && known !== null) throw templateFault("unique takes texts and numbers only");
      return seen.size !== seen.add(known).size;
    })
    .map(({ item }) => item);
});

const groupby = filter(["attribute", "default", "case_sensitive"], (input, args, machine) => {
  args.need("attribute");
  const sorted = keyed(input, args, machine).sort((a, b) => compare(a.key, b.key, machine.fuel));
  const groups: { key: Value; name: Value; items: Value[] }[] = [];
  for (const { key, item } of sorted) {
    const current = groups.at(-1);
    if (current && isEqual(current.key, key, machine.fuel)) current.items.push(item);
    else
      groups.push({
        key,
        name: attributeOf(item, args.need("attribute"), machine, args.get("default")),
        items: [item],
      });
  }
  return groups.map(({ name, items }) => new Tuple([name, items], ["grouper", "list"]));
});

const sum = filter(["attribute", "start"], (input, args, machine) => {
  const attribute = args.get("attribute") ?? null;
  const items = iterate(input, machine.fuel);
  machine.fuel.step(items.length);
  const value = (item: Value): Value => (attribute === null ? item : attributeOf(item, attribute, machine));
  return items.reduce<Value>((total, item) => operate("+", total, value(item), machine.fuel), args.get("start") ?? 0);
});

const batch = filter(["linecount", "fill_with"], (input, args, { fuel }) => {
  const size = positive(args.integer("linecount"), "batch");
  const items = iterate(input, fuel);
  fuel.step(items.length);
  const fill = args.get("fill_with") ?? null;
  const rows: Value[][] = [];
  for (let at = 0; at < items.length; at += size) rows.push(items.slice(at, at + size));
  const last = rows.at(-1);
  if (last && fill !== null) {
    fuel.step(size - last.length);
    while (last.length < size) last.push(fill);
  }
  return rows;
});

const slice = filter(["slices", "fill_with"], (input, args, { fuel }) => {
  const count = positive(args.integer("slices"), "slice");
  const items = iterate(input, fuel);
  fuel.step(items.length + count);
  const fill = args.get("fill_with") ?? null;
  const [size, longer] = [Math.floor(items.length / count), items.length % count];
  return Array.from({ length: count }, (_, at) => {
    const start = at * size + Math.min(at, longer);
    const row = items.slice(start, start + size + (at < longer ? 1 : 0));
    return fill !== null && at >= longer ? [...row, fill] : row;
  });
});

function positive(count: number | undefined, name: string): number {
  if (count === undefined || count < 1) throw templateFault(`the filter "${name}" needs a count of at least 1`);
  return count;
}

const dictsort = filter(["case_sensitive", "by", "reverse"], (input, args, { fuel }) => {
  if (!(input instanceof Map)) throw templateFault(`dictsort needs a dictionary, not a ${typeName(input)}`);
  const by = args.text("by") ?? "key";
  if (by !== "key" && by !== "value") throw templateFault('dictsort sorts by "key" or by "value"');
  const sorted = sortedItems(input, by === "key" ? 0 : 1, fuel, {
    fold: args.flag("case_sensitive") ? (value) => value : foldCase,
    reverse: args.flag("reverse"),
  });
  return sorted;
});

const reverse = filter([], (input, _args, { fuel }) => {
  if (typeof input === "string") return characters(input).toReversed().join("");
  const items = iterate(input, fuel);
  fuel.step(items.length);
  return items.toReversed();
});

const list = filter([], (input, _args, { fuel }) => {
  const items = iterate(input, fuel);
  fuel.step(items.length);
  return [...items];
});

const items = filter([], (input, _args, { fuel }) => {
  const dict = defined(input);
  if (!(dict instanceof Map)) throw templateFault(`items needs a dictionary, not a ${typeName(dict)}`);
  return dictItems(dict, fuel);
});

const join = filter(["d", "attribute"], (input, args, machine) => {
  const attribute = args.get("attribute") ?? null;
  if (input instanceof Namespace) throw templateFault("a namespace cannot be joined");
  const parts =
    attribute === null ? input : iterate(input, machine.fuel).map((item) => attributeOf(item, attribute, machine));
  return joinAll(parts, args.text("d") ?? "", machine.fuel);
});

/** Jinja2's filters of lists and dictionaries. */
export const LIST_FILTERS: FilterTable = [
  ["length", length],
  ["count", length],
  ["first", end("first")],
  ["last", end("last")],
  ["sort", sort],
  ["min", extreme(1, "min")],
  ["max", extreme(-1, "max")],
  ["unique", unique],
  ["groupby", groupby],
  ["sum", sum],
  ["batch", batch],
  ["slice", slice],
  ["dictsort", dictsort],
  ["reverse", reverse],
  ["list", list],
  ["items", items],
  ["join", join],
];

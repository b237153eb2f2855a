import type { Bound } from "./bind-arguments.ts";
import { compare, dictKey, iterate } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import type { Method } from "./method.ts";
import type { Dict, Value } from "./values.ts";
import { Tuple, orElse } from "./values.ts";

/** The methods of a dictionary. Those that change it change the rendering's own copy. */
export const DICT_METHODS: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  ["get", { parameters: ["key", "default"], apply: getItem }],
  ["keys", { parameters: [], apply: (self, _args, fuel) => paid([...self.keys()], fuel) }],
  ["values", { parameters: [], apply: (self, _args, fuel) => paid([...self.values()], fuel) }],
  ["items", { parameters: [], apply: (self, _args, fuel) => dictItems(self, fuel) }],
  ["copy", { parameters: [], apply: copy }],
  ["update", { parameters: ["other"], takesNames: true, apply: update }],
  ["setdefault", { parameters: ["key", "default"], apply: setDefault }],
  ["pop", { parameters: ["key", "default"], apply: pop }],
  ["popitem", { parameters: [], apply: popItem }],
  ["clear", { parameters: [], apply: clear }],
]);

/** The pairs of a dictionary, as tuples. */
export function dictItems(dict: Dict, fuel: Fuel): Value[] {
  fuel.step(dict.size);
  return [...dict].map((pair) => new Tuple(pair));
}

/**
 * The pairs of a dictionary, sorted by key (`by` 0) or value (`by` 1) after `fold` was applied to
 * it.
 */
export function sortedItems(
  dict: Dict,
  by: 0 | 1,
  fuel: Fuel,
  order: { fold: (value: Value) => Value; reverse: boolean },
): Value[] {
  fuel.step(dict.size);
  const direction = order.reverse ? -1 : 1;
  const pairs = [...dict].map((pair) => ({ key: order.fold(pair[by] ?? null), pair }));
  return pairs.sort((a, b) => direction * compare(a.key, b.key, fuel)).map(({ pair }) => new Tuple(pair));
}

function paid(items: Value[], fuel: Fuel): Value[] {
  fuel.step(items.length);
  return items;
}

function getItem(self: Dict, args: Bound): Value {
  return orElse(self.get(dictKey(args.need("key"))), () => orElse(args.get("default"), () => null));
}

function copy(self: Dict, _args: Bound, fuel: Fuel): Value {
  fuel.step(self.size);
  return new Map(self);
}

/** `update(other, name=value)`: `other` is a dictionary, or a list of pairs. */
function update(self: Dict, args: Bound, fuel: Fuel): Value {
  const other = args.get("other");
  for (const [key, value] of other === undefined ? [] : pairsOf(other, fuel)) self.set(dictKey(key), value);
  for (const [name, value] of args.names) self.set(name, value);
  return null;
}

function pairsOf(other: Value, fuel: Fuel): [Value, Value][] {
  fuel.step(other instanceof Map ? other.size : 1);
  if (other instanceof Map) return [...other];
  return iterate(other, fuel).map((pair) => {
    const [key, value, ...rest] = iterate(pair, fuel);
    if (key !== undefined && value !== undefined && rest.length === 0) return [key, value];
    throw templateFault("update() takes a dictionary, or a list of pairs");
  });
}

function setDefault(self: Dict, args: Bound): Value {
  const key = dictKey(args.need("key"));
  const value = orElse(self.get(key), () => orElse(args.get("default"), () => null));
  self.set(key, value);
  return value;
}

function pop(self: Dict, args: Bound): Value {
  const key = dictKey(args.need("key"));
  const value = self.get(key) ?? args.get("default");
  if (value === undefined) throw templateFault("pop() did not find the key in the dictionary");
  self.delete(key);
  return value;
}

function popItem(self: Dict, _args: Bound, fuel: Fuel): Value {
  fuel.step(self.size);
  const last = [...self].at(-1);
  if (!last) throw templateFault("popitem() found the dictionary empty");
  self.delete(last[0]);
  return new Tuple(last);
}

function clear(self: Dict): Value {
  self.clear();
  return null;
}

/**
 * Node 20 lacks the methods of sets that the reading of prompts uses. Node 22 has them. The proof
 * `cli --node` runs the command with an older Node.
 */
const SET_METHODS = {
  union(this: Set<unknown>, other: ReadonlySet<unknown>) {
    return new Set([...this, ...other]);
  },
  intersection(this: Set<unknown>, other: ReadonlySet<unknown>) {
    return new Set([...this].filter((value) => other.has(value)));
  },
  difference(this: Set<unknown>, other: ReadonlySet<unknown>) {
    return new Set([...this].filter((value) => !other.has(value)));
  },
};

const sets: object = Set.prototype;
for (const [name, value] of Object.entries(SET_METHODS)) {
  if (name in sets) continue;
  Object.defineProperty(sets, name, { value, writable: true, configurable: true });
}

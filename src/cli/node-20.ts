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

for (const [name, value] of Object.entries(SET_METHODS)) {
  if (name in Set.prototype) continue;
  Object.defineProperty(Set.prototype, name, { value, writable: true, configurable: true });
}

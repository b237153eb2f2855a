import type { Value } from "./values.ts";

/** Names and their values; a loop, a macro and a block each open one on top of the scope around them. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  /** The value of a name, from the innermost scope that has it; undefined where none does. */
  get(name: string): Value | undefined {
    const value = this.#names.get(name);
    // Scopes nest no deeper than evaluation does, which is capped.
    return value === undefined ? this.#parent?.get(name) : value;
  }

  /** Defines a name in this scope; outer scopes keep theirs, as in Jinja2. */
  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

import type { Value } from "./values.ts";

/** Names and their values. Loops, macros and blocks open a scope inside the one around them. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  /** The value of a name in the innermost scope that has it, or undefined. */
  get(name: string): Value | undefined {
    const value = this.#names.get(name);
    // Scopes nest no deeper than evaluation, which is capped.
    return value === undefined ? this.#parent?.get(name) : value;
  }

  /** Defines a name in this scope. Outer scopes do not change, as in Jinja2. */
  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

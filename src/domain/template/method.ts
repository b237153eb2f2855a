import type { Bound } from "./bind-arguments.ts";
import type { Fuel } from "./fuel.ts";
import type { Value } from "./values.ts";

/** A method with the names of its parameters. */
export interface Method<Self> {
  parameters: string[];
  /** Whether it also takes arguments of any other name. */
  takesNames?: boolean;
  apply: (self: Self, args: Bound, fuel: Fuel) => Value;
}

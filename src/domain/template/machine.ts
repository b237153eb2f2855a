import type { Fuel } from "./fuel.ts";
import type { Arguments, Value } from "./values.ts";

/** What evaluation needs of the interpreter. */
export interface Machine {
  readonly fuel: Fuel;
  /** Applies a filter to a value. */
  applyFilter(name: string, input: Value, args: Arguments): Value;
  /** Whether a value is the name of a filter. */
  hasFilter(name: Value): boolean;
}

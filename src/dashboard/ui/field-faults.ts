import { ApiError } from "../../client/errors.ts";

/** The paths of an error that a form tells at their fields. */
const toldAtFields = new WeakMap<Error, Set<string>>();

/**
 * What the API says of a field of the request, to be told at it; undefined where it has no fault. An
 * error box after the field does not tell it again.
 */
export function faultOf(error: Error | null | undefined, path: string): string | undefined {
  const fault = error instanceof ApiError ? error.fields.find((field) => field.path === path) : undefined;
  if (!error || !fault) return undefined;
  toldAtFields.set(error, (toldAtFields.get(error) ?? new Set()).add(path));
  return fault.message;
}

/** The faults of an error that no field of the form tells. */
export function faultsElsewhere(error: ApiError): ApiError["fields"] {
  return error.fields.filter(({ path }) => toldAtFields.get(error)?.has(path) !== true);
}

/**
 * The sentence above those faults. The API's own has all faults in one line, unless it says something
 * else.
 */
export function faultSummary(error: ApiError): string {
  const { detail } = error.problem;
  if (faultsElsewhere(error).length === 0) return "Each field above says what is wrong with it.";
  return error.fields.some(({ message }) => detail.includes(message)) ? "The request is refused:" : detail;
}

import type { FieldError } from "../domain/errors.ts";

/** A fault as zod tells it. One of a union tells the faults of each of its branches. */
interface Issue {
  path: PropertyKey[];
  message: string;
  keys?: PropertyKey[];
  errors?: Issue[][];
}

/** The faults that a schema found, each with the path of its field. */
export function toFieldErrors(error: { issues: Issue[] }): FieldError[] {
  return error.issues.flatMap((issue) => placesOf(issue, []));
}

function placesOf({ path, message, keys, errors }: Issue, at: PropertyKey[]): FieldError[] {
  const here = [...at, ...path];
  const branch = errors && closestBranch(errors);
  if (branch) return branch.flatMap((issue) => placesOf(issue, here));
  // A fault of unknown fields names them all.
  const places = keys ? keys.map((key) => [...here, key]) : [here];
  return places.map((place) => ({ path: place.map(String).join(".") || "body", message }));
}

/** The branch that was meant: one whose faults all lie within what was given. */
function closestBranch(branches: Issue[][]): Issue[] | undefined {
  return branches.find((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0));
}

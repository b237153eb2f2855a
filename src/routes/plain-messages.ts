import * as z from "zod";

const TYPES: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};
/** What the size of a value counts: one of them, and several. */
const UNITS: Record<string, [one: string, several: string]> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

/** Says the faults that schemas find in plain words, for the whole isolate. */
export function usePlainMessages(): void {
  z.config({ customError: plainMessage });
}

/** The words for a fault; undefined leaves them to zod. A schema's own words come before these. */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== "unrecognized_keys") return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return boundMessage(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return boundMessage(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map((each) => JSON.stringify(each)).join(", ")}`;
    case "invalid_union":
      return "has none of the forms that are known here";
    case "invalid_key":
      return "has a name that is not allowed here";
    case "unrecognized_keys":
      return "is not a known field";
    case "custom":
    case "invalid_element":
    case "invalid_format":
    case "not_multiple_of":
      break;
  }
  return undefined;
}

function boundMessage(origin: string, relation: string, bound: number | bigint): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `must be ${relation} ${bound}`;
  return `must have ${relation} ${bound} ${unit[Number(bound) === 1 ? 0 : 1]}`;
}

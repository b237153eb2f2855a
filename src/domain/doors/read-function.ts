import type { Tool } from "../completions/tools.ts";
import { isRecord } from "../json-schema/values.ts";
import type { BodyFindings } from "./findings.ts";

/**
 * A function as both of OpenAI's APIs describe it. `alsoRead` are members that the caller has read.
 */
export function readFunction(
  given: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
  alsoRead: readonly string[] = [],
): Tool | undefined {
  findings.unread(given, path, ["name", "description", "parameters", "strict", ...alsoRead]);
  const name = findings.neededText(given["name"], `${path}.name`);
  const description = findings.text(given["description"], `${path}.description`);
  const strict = findings.flag(given["strict"], `${path}.strict`);
  const parameters = given["parameters"] ?? { type: "object", properties: {} };
  if (!isRecord(parameters)) return findings.fault(`${path}.parameters`, "must be an object");
  if (name === undefined) return undefined;
  return {
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
  };
}

import type { CompletionInput } from "../../completions/completion.ts";
import { isRecord } from "../../json-schema/values.ts";
import { type BodyFindings, isGiven } from "../findings.ts";

type AskedOutput = Pick<CompletionInput, "output_schema" | "output_format">;

/** What JSON mode allows: any object. */
const ANY_OBJECT = { type: "object", additionalProperties: true };

/**
 * Reads the `response_format`. JSON mode (`json_object`) becomes the schema of any object, which
 * all providers can be asked for.
 */
export function readOutput(given: unknown, findings: BodyFindings): AskedOutput {
  if (!isGiven(given)) return {};
  if (!isRecord(given)) return findings.fault("response_format", "must be an object") ?? {};
  const type = findings.neededText(given["type"], "response_format.type");
  findings.unread(given, "response_format", ["type", "json_schema"]);
  if (type === undefined || type === "text") return {};
  if (type === "json_object") return { output_schema: ANY_OBJECT };
  if (type === "json_schema") return readJsonSchema(given["json_schema"], "response_format.json_schema", findings);
  return findings.untranslate("response_format.type", `"${type}" has no counterpart in other APIs`) ?? {};
}

/** Without `strict`, OpenAI does not enforce a schema. */
function readJsonSchema(given: unknown, path: string, findings: BodyFindings): AskedOutput {
  if (!isRecord(given)) return findings.fault(path, "must be an object") ?? {};
  findings.unread(given, path, ["name", "description", "schema", "strict"]);
  const name = findings.neededText(given["name"], `${path}.name`);
  const description = findings.text(given["description"], `${path}.description`);
  const strict = findings.flag(given["strict"], `${path}.strict`) ?? false;
  const schema = given["schema"] ?? ANY_OBJECT;
  if (!isRecord(schema)) return findings.fault(`${path}.schema`, "must be an object") ?? {};
  if (name === undefined) return {};
  return { output_schema: schema, output_format: { name, strict, ...(description !== undefined && { description }) } };
}

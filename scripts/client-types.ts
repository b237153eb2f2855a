/**
 * The operations of the API's document as TypeScript types: `src/client/api-document.d.ts`. It is made by
 * `npm run client:generate` and held equal to the document by a test.
 */
import { format } from "prettier";
import { type DocumentSchema, comment, objectType, typeOfSchema } from "./schema-types.ts";

interface Content {
  content?: Record<string, { schema: DocumentSchema }>;
}

interface DocumentedParameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: DocumentSchema;
}

/** The parts of an operation of /openapi.json that clients need. */
export interface DocumentedOperation {
  summary?: string;
  parameters?: DocumentedParameter[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content>;
}

/** The parts of /openapi.json that clients need. */
export interface DocumentedApi {
  paths: Record<string, Record<string, DocumentedOperation>>;
}

const HEAD = `/**
 * Every operation of the API with what it takes and what it answers, by method and path. Made of
 * /openapi.json by \`npm run client:generate\`; do not edit.
 */
export interface Operations {`;

/** Every operation of a document under its name: \`POST /v1/executions\`. */
export function operationsOf(api: DocumentedApi): [name: string, operation: DocumentedOperation][] {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, DocumentedOperation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** The text of `src/client/api-document.d.ts` for a document. */
export async function clientTypes(api: DocumentedApi): Promise<string> {
  const operations = operationsOf(api).map(
    ([name, operation]) => `${comment(operation.summary)}${JSON.stringify(name)}: ${operationType(operation)};`,
  );
  return format(`${HEAD}\n${operations.join("\n")}\n}\n`, { parser: "typescript", printWidth: 120 });
}

function operationType(operation: DocumentedOperation): string {
  const replies = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([name, response]) => ({ name, type: replyType(response), required: true }));
  return `{ request: ${requestType(operation)}; replies: ${objectType(replies)} }`;
}

function requestType({ parameters = [], requestBody }: DocumentedOperation): string {
  const parts = (["path", "query", "header"] as const).flatMap((place) => {
    const members = parameters
      .filter((parameter) => parameter.in === place)
      .map(({ schema, required = false, ...parameter }) => ({
        name: parameter.name,
        type: typeOfSchema(schema),
        required,
        description: parameter.description ?? schema.description,
      }));
    if (members.length === 0) return [];
    const name = place === "header" ? "headers" : place;
    return [{ name, type: objectType(members), required: members.some(({ required }) => required) }];
  });
  if (requestBody) parts.push({ name: "body", type: bodyType(requestBody), required: requestBody.required ?? false });
  return parts.length === 0 ? "{}" : objectType(parts);
}

/** JSON as its schema says, and any other text as text. */
function bodyType({ content = {} }: Content): string {
  const forms = Object.entries(content).map(([type, { schema }]) =>
    type === "application/json" ? typeOfSchema(schema) : "string",
  );
  return [...new Set(forms)].join(" | ");
}

/** The JSON of a reply, a line of its NDJSON, or else its text. */
function replyType({ content = {} }: Content): string {
  const schema = (content["application/json"] ?? content["application/x-ndjson"])?.schema;
  if (schema) return typeOfSchema(schema);
  return Object.keys(content).length === 0 ? "undefined" : "string";
}

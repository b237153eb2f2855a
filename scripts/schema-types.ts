/** TypeScript types of the JSON Schemas that the API's document has. */

/** The keywords that schemas of the document have and types can say. */
export interface DocumentSchema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, DocumentSchema>;
  required?: string[];
  additionalProperties?: DocumentSchema | boolean;
  items?: DocumentSchema;
  anyOf?: DocumentSchema[];
  oneOf?: DocumentSchema[];
  allOf?: DocumentSchema[];
}

/** Keywords that only narrow the values of a type, or tell of it. */
const UNTYPED =
  /^(?:default|format|pattern|(?:min|max)(?:Length|Items|imum)|exclusive(?:Min|Max)imum|multipleOf|uniqueItems|propertyNames|examples?)$/;
const TYPED = /^(?:type|description|enum|const|properties|required|additionalProperties|items|anyOf|oneOf|allOf)$/;

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

/** Throws for a keyword that types would have to say, and that is not known here. */
export function checkKeywords(schema: DocumentSchema): void {
  const unknown = Object.keys(schema).find((keyword) => !TYPED.test(keyword) && !UNTYPED.test(keyword));
  if (unknown !== undefined) throw new Error(`a schema has the keyword ${unknown}, which types cannot say yet`);
}

/** A schema as a type, in one line. Throws for a keyword that is not known here. */
export function typeOfSchema(schema: DocumentSchema): string {
  checkKeywords(schema);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return union(alternatives.map(typeOfSchema));
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOfSchema(part)})`).join(" & ");
  if (schema.type === undefined) return "unknown";
  return union([schema.type].flat().map((type) => typeNamed(type, schema)));
}

/** An object's type from the types of its members, each with whether it must be there. */
export function objectType(
  members: readonly { name: string; type: string; required: boolean; description?: string | undefined }[],
): string {
  const lines = members.map(
    ({ name, type, required, description }) => `${comment(description)}${key(name)}${required ? "" : "?"}: ${type};`,
  );
  return `{ ${lines.join("\n")} }`;
}

/** A description as a comment before a member. */
export function comment(text: string | undefined): string {
  return text === undefined ? "" : `/** ${text.replaceAll("*/", "*\\/").replaceAll(/\s+/g, " ")} */\n`;
}

function typeNamed(type: string, schema: DocumentSchema): string {
  if (type === "array") return `Array<${schema.items ? typeOfSchema(schema.items) : "unknown"}>`;
  if (type === "object") return typeOfObject(schema);
  const scalar = SCALARS[type];
  if (scalar === undefined) throw new Error(`a schema has the type ${type}, which is none of JSON Schema`);
  return scalar;
}

function typeOfObject({ properties = {}, required = [], additionalProperties }: DocumentSchema): string {
  const members = Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeOfSchema(schema),
    required: required.includes(name),
    description: schema.description,
  }));
  const others = typeof additionalProperties === "object" ? typeOfSchema(additionalProperties) : "unknown";
  if (members.length === 0) return `Record<string, ${others}>`;
  // An index signature of one type would have to fit the named members, too.
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  return isOpen ? `${objectType(members)} & { [name: string]: unknown }` : objectType(members);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

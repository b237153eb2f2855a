/**
 * The operations of the API's document as Python types: `clients/python/src/pbt_edge/_document.py`.
 * An object is a `TypedDict` of its own, named by where it stands first.
 */
import { type DocumentedApi, type DocumentedOperation, operationsOf } from "./client-types.ts";
import { checkKeywords, type DocumentSchema } from "./schema-types.ts";

const HEAD = `"""What the API's operations take and answer. Made by \`npm run client:generate\`; do not edit."""

from typing import Any, Literal, NotRequired, TypedDict, Union
`;

const SCALARS: Readonly<Record<string, string>> = {
  string: "str",
  number: "float",
  integer: "int",
  boolean: "bool",
  null: "None",
};

/** Fields of an execution that the client's methods say in other ways. */
const NO_OPTIONS = new Set(["prompt", "variables", "stream", "async"]);

const KEYWORDS = /^(?:async|from|class|def|import|global|pass|return|lambda|not|and|or|is|in|if|else|None|True|False)$/;

/** The text of `_document.py` for a document. */
export function pythonTypes(api: DocumentedApi): string {
  const writer = new TypeWriter();
  const operations = operationsOf(api);
  for (const [name, operation] of operations) writeOperation(writer, nameOf(name), operation);
  const execute = operations.find(([name]) => name === "POST /v1/executions")?.[1];
  writer.typeOf(optionsOf(execute), "ExecuteOptions");
  const idempotent = operations.filter(([, { parameters = [] }]) =>
    parameters.some(({ name }) => name === "idempotency-key"),
  );
  const literals = (names: readonly string[]) => names.map((name) => `    ${JSON.stringify(name)},\n`).join("");
  return `${HEAD}
OperationName = Literal[
${literals(operations.map(([name]) => name))}]

IDEMPOTENT_POSTS: frozenset[str] = frozenset({
${literals(idempotent.map(([name]) => name))}})
${writer.text}`;
}

/** `POST /v1/prompts/{name}/render` becomes `PostPromptsNameRender`. */
function nameOf(operation: string): string {
  return pascal(operation.toLowerCase().replace("/v1/", "/"));
}

function pascal(text: string): string {
  const words = text.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function writeOperation(writer: TypeWriter, name: string, { requestBody, responses }: DocumentedOperation): void {
  const body = requestBody?.content?.["application/json"]?.schema;
  if (body) writer.define(`${name}Body`, body);
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const reply = (content["application/json"] ?? content["application/x-ndjson"])?.schema;
    if (status.startsWith("2") && reply) writer.define(`${name}Reply${status}`, reply);
  }
}

function optionsOf(execute: DocumentedOperation | undefined): DocumentSchema {
  const body = execute?.requestBody?.content?.["application/json"]?.schema;
  const properties = Object.entries(body?.properties ?? {}).filter(([name]) => !NO_OPTIONS.has(name));
  return { type: "object", properties: Object.fromEntries(properties) };
}

/** Writes each object before the type that has it, and objects that are alike once. */
class TypeWriter {
  #text = "";
  readonly #names = new Map<string, string>();

  get text(): string {
    return this.#text;
  }

  /** Gives a type a name, be it an object or not. */
  define(name: string, schema: DocumentSchema): void {
    const type = this.typeOf(schema, name);
    if (type !== name) this.#text += `\n\n${name} = ${type}\n`;
  }

  /** A schema as a type. `name` is for the object that it may be. */
  typeOf(schema: DocumentSchema, name: string): string {
    checkKeywords(schema);
    if (schema.enum) return literalOf(schema.enum);
    if (schema.const !== undefined) return literalOf([schema.const]);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives) {
      return union(alternatives.map((each, index) => this.typeOf(each, `${name}Form${index + 1}`)));
    }
    if (schema.type === undefined || schema.allOf) return "Any";
    return union([schema.type].flat().map((type) => this.#typeNamed(type, schema, name)));
  }

  #typeNamed(type: string, schema: DocumentSchema, name: string): string {
    if (type === "array") return `list[${schema.items ? this.typeOf(schema.items, `${name}Item`) : "Any"}]`;
    if (type === "object") return this.#objectType(schema, name);
    return SCALARS[type] ?? "Any";
  }

  #objectType({ properties = {}, required = [], additionalProperties }: DocumentSchema, name: string): string {
    const fields = Object.entries(properties);
    if (fields.length === 0) {
      const others = typeof additionalProperties === "object" ? this.typeOf(additionalProperties, name) : "Any";
      return `dict[str, ${others}]`;
    }
    const typed = fields.map(([field, schema]) => {
      const type = this.typeOf(schema, `${name}${pascal(field)}`);
      return { field, type: required.includes(field) ? type : `NotRequired[${type}]`, about: schema.description };
    });
    // A field whose name Python keeps for itself can stand in a call only.
    const isClass = typed.every(({ field }) => /^[a-z_]\w*$/i.test(field) && !KEYWORDS.test(field));
    const lines = typed.map(({ field, type, about }) => {
      const comment = about === undefined ? "" : `    # ${about.replaceAll(/\s+/g, " ")}\n`;
      return comment + (isClass ? `    ${field}: ${type}\n` : `    ${JSON.stringify(field)}: ${type},\n`);
    });
    const shape = JSON.stringify(typed);
    const known = this.#names.get(shape);
    if (known !== undefined) return known;
    this.#names.set(shape, name);
    const members = lines.join("");
    this.#text += isClass
      ? `\n\nclass ${name}(TypedDict):\n${members}`
      : `\n\n${name} = TypedDict("${name}", {\n${members}})\n`;
    return name;
  }
}

function literalOf(values: readonly unknown[]): string {
  const written = values.map((value) => {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    return JSON.stringify(value);
  });
  return `Literal[${written.join(", ")}]`;
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  return different.length === 1 ? (different[0] ?? "Any") : `Union[${different.join(", ")}]`;
}

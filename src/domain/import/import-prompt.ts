import { invalid } from "../errors.ts";
import { ignoredParameters, resolveModel } from "../models.ts";
import { checkSchema } from "../output-schema.ts";
import type {
  ImportedPrompt,
  JsonSchema,
  PromptDefinition,
  PromptMessage,
  PromptSettings,
  SourceFormat,
  VariableSpec,
} from "../prompt.ts";
import { type Findings, readText, readTexts } from "./fields.ts";
import { declareUndeclared, importMessages } from "./import-messages.ts";
import { importSettings } from "./import-settings.ts";
import { importTests } from "./import-tests.ts";
import { importVariables } from "./import-variables.ts";
import { isPlainObject, type PlainObject, readSource } from "./read-source.ts";

/** Keys that a definition has places for. The rest is metadata. */
const PLACED = new Set(
  "name version description template messages model models variables settings model_config model_settings parameters temperature max_tokens top_p stop output_schema tags tests test_cases metadata".split(
    " ",
  ),
);
/** Keys beyond those that files are known to have; others are kept too, with a warning. */
const KNOWN_METADATA = new Set(
  "author language badges examples depends_on created updated version_notes license category changelog".split(" "),
);

/**
 * Reads a `.prompt.yaml` file, or the same as JSON, of any known dialect into the one normal shape. Tolerant: what it changes, assumes or ignores it says in
 * `warnings`. `name` is where the prompt is stored; a different one in the file gives way. Throws `bad_request` where the text does not parse, and one
 * `validation_error` that names every field at fault.
 */
export function importPrompt(source: string, format: SourceFormat, name: string): ImportedPrompt {
  const file = readSource(source, format);
  const findings: Findings = { errors: [], warnings: [] };
  checkName(findings, file, name);
  const messages = importMessages(findings, file);
  const variables = importVariables(findings, file["variables"]);
  declareUndeclared(findings, messages, variables);
  const definition = assemble(findings, file, messages, variables);
  if (findings.errors.length > 0) throw invalid(findings.errors);
  return { definition: withoutUndefined(definition), warnings: findings.warnings };
}

function checkName(findings: Findings, file: PlainObject, name: string): void {
  const written = readText(findings, "name", file["name"]);
  if (written !== undefined && written.trim() !== name) {
    findings.warnings.push(`The file's name ${JSON.stringify(written.slice(0, 128))} gives way to \`${name}\`.`);
  }
}

function assemble(
  findings: Findings,
  file: PlainObject,
  messages: PromptMessage[],
  variables: Record<string, VariableSpec>,
): PromptDefinition {
  const { settings, unknown, models } = importSettings(findings, file);
  const metadata = importMetadata(findings, file);
  if (Object.keys(unknown).length > 0) metadata["settings"] = unknown;
  return {
    source_version: importVersion(findings, file["version"]),
    description: readText(findings, "description", file["description"]),
    messages,
    models: importModels(findings, file, models, settings),
    variables,
    settings,
    output_schema: importSchema(findings, file["output_schema"]),
    tags: [...new Set([...readTexts(findings, "tags", file["tags"]), ...tagsWithin(findings, file["metadata"])])],
    tests: importTests(findings, file["tests"] ?? file["test_cases"]),
    metadata,
  };
}

function importVersion(findings: Findings, value: unknown): string | undefined {
  return readText(findings, "version", typeof value === "number" ? String(value) : value);
}

function importModels(
  findings: Findings,
  file: PlainObject,
  fromSettings: unknown[],
  settings: PromptSettings,
): string[] {
  const written = [file["model"], file["models"]].flat().filter((value) => value !== undefined && value !== null);
  const names = readTexts(findings, "models", written.length > 0 ? written : fromSettings);
  if (names.length === 0) findings.warnings.push("No model is named; the deployment's default is used.");
  const models = names.map((name) => {
    const found = resolveModel(name);
    if (!found) findings.warnings.push(`The model \`${name.slice(0, 128)}\` is not known here and cannot be executed.`);
    if (found?.warning) findings.warnings.push(found.warning);
    const ignored = found ? ignoredParameters(found.provider, found.model, settings) : [];
    for (const parameter of ignored) {
      findings.warnings.push(`\`settings.${parameter}\` is not sent to \`${found?.model}\`, which refuses it.`);
    }
    return found?.model ?? name;
  });
  return [...new Set(models)];
}

function importSchema(findings: Findings, value: unknown): JsonSchema | undefined {
  if (value === undefined || value === null) return undefined;
  const schema = typeof value === "string" ? parseSchema(findings, value) : value;
  if (!isPlainObject(schema)) {
    findings.errors.push({ path: "output_schema", message: "must be a JSON Schema, as a mapping" });
    return undefined;
  }
  const faults = checkSchema(schema);
  findings.errors.push(...faults.map(({ path, message }) => ({ path: join("output_schema", path), message })));
  return schema;
}

function join(prefix: string, path: string): string {
  if (path.startsWith(prefix)) return path;
  return path === "" ? prefix : `${prefix}.${path}`;
}

function parseSchema(findings: Findings, text: string): unknown {
  try {
    const schema: unknown = JSON.parse(text);
    findings.warnings.push("`output_schema` was JSON in a string and is read as a mapping.");
    return schema;
  } catch {
    return undefined;
  }
}

function tagsWithin(findings: Findings, metadata: unknown): string[] {
  return isPlainObject(metadata) ? readTexts(findings, "metadata.tags", metadata["tags"]) : [];
}

function importMetadata(findings: Findings, file: PlainObject): PlainObject {
  const rest = Object.entries(file).filter(([key]) => !PLACED.has(key));
  for (const [key] of rest) {
    if (!KNOWN_METADATA.has(key))
      findings.warnings.push(`\`${key}\` is not known here; it is kept as metadata and not used.`);
  }
  const { metadata = {} } = file;
  if (isPlainObject(metadata)) return { ...metadata, ...Object.fromEntries(rest) };
  findings.errors.push({ path: "metadata", message: "must be a mapping" });
  return {};
}

/** The definition as JSON will keep it. */
function withoutUndefined(definition: PromptDefinition): PromptDefinition {
  return JSON.parse(JSON.stringify(definition)) as PromptDefinition;
}

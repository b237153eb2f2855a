import { type FieldError, invalid } from "../../errors.ts";
import type { JsonSchema } from "../../json-schema/schema.ts";
import type { IncludedPrompts } from "../included-prompt.ts";
import type { ImportedPrompt, PromptDefinition, SourceFormat } from "../prompt.ts";
import { ignoredParameters } from "../../completions/ignored-parameters.ts";
import { refusesPrefill, resolveModel } from "../../completions/models.ts";
import { parseUpstreamModel } from "../../completions/upstream.ts";
import { checkSchema } from "../../json-schema/check-schema.ts";
import { declaredComplexity } from "../../completions/routing.ts";
import { copyData, textFault } from "../../template/plain-data.ts";
import { checkSizes } from "./check-sizes.ts";
import { Fields, Findings, isMapping, isTextList } from "./findings.ts";
import { completeVariables } from "./complete-variables.ts";
import { importMessages, type PlacedMessages } from "./import-messages.ts";
import { importSettings } from "./import-settings.ts";
import { importTools } from "./import-tools.ts";
import { importTests } from "./import-tests.ts";
import { importVariables } from "./import-variables.ts";
import { placeIncludes, referencesIn } from "./place-includes.ts";
import type { SourceBody } from "./read-source.ts";
import { readSource } from "./read-source.ts";
import { MAX_FILE_DEPTH } from "./compose-yaml.ts";
import { translateSource } from "./translate-source.ts";

/**
 * Keys of the format that mean nothing to the runtime. They go to the metadata without a warning.
 */
const DESCRIPTIVE = new Set(
  "author authors created updated created_at updated_at version_notes language badges examples depends_on license notes category complexity".split(
    " ",
  ),
);

/** A file that was read up to its messages: it may include other prompts, which are found next. */
export interface PromptDraft {
  name: string;
  /** What the templates include, as they name it. */
  references: string[];
  head: Pick<PromptDefinition, "source_version" | "description">;
  placed: PlacedMessages;
  /** The fields that were not read yet. */
  fields: Fields;
  findings: Findings;
}

/**
 * Reads a `.prompt.yaml` file of any dialect, the same as JSON, or a file of another tool
 * (`translateSource` knows them) into the normal shape. Returns a
 * warning for each thing that it changed, assumed or ignored. Models stay as written: `models.ts`
 * resolves aliases.
 *
 * Throws an AppError: `bad_request` for a file that is not YAML or JSON, `payload_too_large`, or
 * one `validation_error` with every fault of the file at its dotted path; a file that includes
 * other prompts is one, see {@link readPrompt}.
 */
export function importPrompt(source: string, format: SourceFormat, expectedName: string): ImportedPrompt {
  return finishPrompt(readPrompt(source, format, expectedName), new Map());
}

/**
 * The first half of {@link importPrompt}, for a file that may include others: finish it with what
 * its references stand for. Throws what makes the file unreadable.
 */
export function readPrompt(source: string, format: SourceFormat, name: string): PromptDraft {
  const { data, version, body } = readSource(source, format);
  const findings = new Findings();
  const fields = new Fields(translateSource(clean(data, findings), cleanBody(body, findings), findings));
  if (fields.has("directories")) {
    findings.fault(
      "directories",
      "belongs to a project file (pbt.yaml), which is no prompt: publish the files it lists",
    );
  }
  checkName(fields.take("name"), name, findings);
  const sourceVersion = importVersion(fields.take("version"), version, findings);
  const description = importDescription(fields.take("description"), findings);
  const placed = importMessages(fields, findings);
  const head = {
    ...(sourceVersion === undefined ? {} : { source_version: sourceVersion }),
    ...(description === undefined ? {} : { description }),
  };
  return { name, references: referencesIn(placed, findings), head, placed, fields, findings };
}

/** The second half of {@link importPrompt}. Throws the `validation_error` with every fault. */
export function finishPrompt(draft: PromptDraft, prompts: IncludedPrompts): ImportedPrompt {
  const { head, fields, findings } = draft;
  const placed = placeIncludes(draft.placed, prompts, draft.name, findings);
  const declared = importVariables(fields.take("variables"), findings);
  const { settings, unknown, model } = importSettings(fields, findings);
  const metadata = importMetadata(fields.take("metadata"), findings);
  const definition: PromptDefinition = {
    ...head,
    messages: placed.messages,
    ...placed.pins,
    models: importModels(fields, model, findings),
    variables: completeVariables(placed, declared, findings),
    settings,
    ...importSchema(fields.take("output_schema"), findings),
    ...importTools(fields, findings),
    tags: [...new Set([...importTags(fields.take("tags"), "tags", findings), ...metadata.tags])],
    tests: importTests(takeTests(fields, findings), findings),
    metadata: keepRest(
      fields,
      { ...metadata.rest, ...(Object.keys(unknown).length > 0 ? { settings: unknown } : {}) },
      findings,
    ),
  };
  checkSizes(definition, findings);
  checkModels(definition, findings);
  checkComplexity(definition, findings);
  if (definition.output_schema) findings.errors.push(...schemaFaults(definition.output_schema, findings.warnings));
  if (findings.errors.length > 0) throw invalid(findings.errors);
  return { definition, warnings: findings.warnings };
}

function clean(data: Record<string, unknown>, findings: Findings): Record<string, unknown> {
  const entries = Object.entries(data).map(([key, value]) => [
    key,
    copyData(value, key, findings.errors, MAX_FILE_DEPTH),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function cleanBody(body: SourceBody | undefined, findings: Findings): SourceBody | undefined {
  const fault = body === undefined ? undefined : textFault(body.text);
  if (fault !== undefined) findings.fault("template", fault);
  return body;
}

/** `tests` and `test_cases`, which are two names of one list. */
function takeTests(fields: Fields, findings: Findings): unknown {
  const [tests, cases] = [fields.take("tests"), fields.take("test_cases")];
  if (tests === undefined || cases === undefined) return tests ?? cases;
  if (!Array.isArray(tests) || !Array.isArray(cases)) return tests;
  findings.warn("test_cases stands beside tests; both were read.");
  return [...tests, ...cases] as unknown[];
}

function checkName(name: unknown, expected: string, findings: Findings): void {
  if (name === undefined) return;
  if (typeof name !== "string") return findings.fault("name", "must be a text");
  if (name.trim() !== expected)
    findings.warn(`name is ${JSON.stringify(name)}; the prompt is stored as "${expected}".`);
}

function importVersion(value: unknown, written: string | undefined, findings: Findings): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (typeof value === "number") return written ?? String(value);
  findings.fault("version", "must be a text or a number");
  return undefined;
}

function importDescription(value: unknown, findings: Findings): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  findings.fault("description", "must be a text");
  return undefined;
}

function importModels(fields: Fields, fromSettings: unknown, findings: Findings): string[] {
  const named = { model: fields.take("model"), models: fields.take("models"), "settings.model": fromSettings };
  const models = new Set<string>();
  for (const [path, value] of Object.entries(named)) {
    // An empty name is how some tools write that there is none.
    const list = typeof value === "string" ? [value].filter((name) => name !== "") : (value ?? []);
    if (!isTextList(list) || list.some((name) => name.trim() === "")) {
      findings.fault(path, "must be the name of a model, or a list of them");
    } else {
      for (const name of list) models.add(name.trim());
    }
  }
  if (models.size === 0) findings.warn("No model is named; the deployment's default model is used.");
  return [...models];
}

/** Warns about each model whose name or parameters will change when the prompt is executed. */
function checkModels({ messages, models, settings, tools }: PromptDefinition, findings: Findings): void {
  for (const name of models) {
    const atUpstream = parseUpstreamModel(name);
    if (atUpstream) {
      findings.warn(`The model "${name}" needs an upstream of your own with the name "${atUpstream.provider}".`);
      continue;
    }
    const found = resolveModel(name);
    if (!found) {
      if (name !== "auto") findings.warn(`The model "${name}" belongs to no known provider and cannot be executed.`);
      continue;
    }
    if (found.warning !== undefined) findings.warn(found.warning);
    for (const parameter of ignoredParameters(found.provider, found.model, settings, found.provider, tools)) {
      findings.warn(`settings.${parameter} is not sent to "${found.model}", which refuses it.`);
    }
    const last = messages.at(-1);
    if (last && "role" in last && last.role === "assistant" && refusesPrefill(found.provider, found.model)) {
      findings.warn(`"${found.model}" refuses a prompt whose last message is the assistant's.`);
    }
  }
}

function checkComplexity({ metadata }: PromptDefinition, findings: Findings): void {
  const { complexity } = metadata;
  if (complexity === undefined || declaredComplexity({ metadata }) !== undefined) return;
  findings.warn(`complexity ${JSON.stringify(complexity)} has no effect: routing knows "low", "moderate" and "high".`);
}

function schemaFaults(schema: JsonSchema, warnings: string[]): FieldError[] {
  return checkSchema(schema, warnings).map(({ path, message }) => ({
    path: path.startsWith("output_schema") ? path : ["output_schema", path].filter(Boolean).join("."),
    message,
  }));
}

function importSchema(value: unknown, findings: Findings): { output_schema?: JsonSchema } {
  if (value === undefined) return {};
  if (isMapping(value)) return { output_schema: value };
  if (typeof value === "string") {
    try {
      const parsed: unknown = JSON.parse(value);
      if (isMapping(parsed)) {
        findings.warn("output_schema is a text; it was read as JSON.");
        const schema = copyData(parsed, "output_schema", findings.errors, MAX_FILE_DEPTH);
        return { output_schema: schema as JsonSchema };
      }
    } catch {
      // The text is not JSON: the fault below says so.
    }
  }
  findings.fault("output_schema", "must be a JSON Schema: a mapping, or its JSON as a text");
  return {};
}

function importTags(value: unknown, path: string, findings: Findings): string[] {
  const tags = typeof value === "string" ? value.split(",") : (value ?? []);
  if (isTextList(tags)) return tags.map((tag) => tag.trim()).filter((tag) => tag !== "");
  findings.fault(path, "must be a list of texts");
  return [];
}

function importMetadata(value: unknown, findings: Findings): { tags: string[]; rest: Record<string, unknown> } {
  if (value === undefined) return { tags: [], rest: {} };
  if (!isMapping(value)) {
    findings.fault("metadata", "must be a mapping");
    return { tags: [], rest: {} };
  }
  const { tags, ...rest } = value;
  return { tags: importTags(tags ?? undefined, "metadata.tags", findings), rest };
}

/**
 * The metadata with every field that no reader took. Fields at the top level win over those in
 * `metadata`.
 */
function keepRest(fields: Fields, metadata: Record<string, unknown>, findings: Findings): Record<string, unknown> {
  const rest = fields.rest();
  for (const [key] of rest) {
    if (!DESCRIPTIVE.has(key))
      findings.warn(`${key} is not a known key; it was kept in the metadata and has no effect.`);
    if (Object.hasOwn(metadata, key)) findings.warn(`metadata.${key} was replaced by ${key} of the top level.`);
  }
  return Object.fromEntries([...Object.entries(metadata), ...rest]);
}

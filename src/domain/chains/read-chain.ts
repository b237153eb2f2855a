import * as z from "zod";
import { invalid } from "../errors.ts";
import { nameSchema, promptNameSchema } from "../name.ts";
import { Fields, Findings } from "../prompts/import/findings.ts";
import { importVariables } from "../prompts/import/import-variables.ts";
import { readSource } from "../prompts/import/read-source.ts";
import type { SourceFormat } from "../prompts/prompt.ts";
import { copyData } from "../template/plain-data.ts";
import { type ChainDefinition, MAX_FAN_OUT, MAX_RETRIES, MAX_STEPS } from "./chain.ts";
import { checkReferences, type UncheckedStep } from "./check-references.ts";

/** A chain that was read, with a sentence for each thing that was ignored. */
export interface ReadChain {
  definition: ChainDefinition;
  warnings: string[];
}

const stepSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "must match [a-z][a-z0-9_-]{0,63}"),
    prompt: promptNameSchema,
    version: z.int().min(1).optional(),
    label: nameSchema.optional(),
    variables: z.record(z.string(), z.unknown()).default({}),
    when: z.union([z.string().min(1), z.boolean()], "must be a template, true or false").optional(),
    for_each: z
      .union(
        [z.string().min(1), z.array(z.unknown()).max(MAX_FAN_OUT)],
        `must be a template, or a list of at most ${MAX_FAN_OUT} items`,
      )
      .optional(),
    retries: z.int().min(0).max(MAX_RETRIES).default(0),
  })
  .refine(({ version, label }) => version === undefined || label === undefined, {
    path: ["label"],
    message: "give either `version` or `label`, not both",
  }) satisfies z.ZodType<UncheckedStep>;

const stepsSchema = z.array(stepSchema).min(1, "must have at least one step").max(MAX_STEPS);

/** Fields that say something of the file and nothing to the runtime. */
const DESCRIPTIVE = ["version", "metadata", "tags", "author"];

/**
 * Reads a `.chain.yaml` file, or the same as JSON. Throws an AppError: `bad_request` for a file
 * that is not YAML or JSON, `payload_too_large`, or one `validation_error` with every fault at its
 * dotted path.
 */
export function readChain(source: string, format: SourceFormat, name: string): ReadChain {
  const findings = new Findings();
  const { data } = readSource(source, format, "a chain is a mapping with keys such as inputs and steps");
  const copied = Object.entries(data).map(([key, value]) => [key, copyData(value, key, findings.errors)]);
  const fields = new Fields(Object.fromEntries(copied) as Record<string, unknown>);
  const written = fields.take("name");
  if (written !== undefined && written !== name) findings.fault("name", `must be the name in the path, ${name}`);
  const description = fields.take("description");
  if (description !== undefined && typeof description !== "string") findings.fault("description", "must be a text");
  const inputs = importVariables(fields.take("inputs"), findings, "inputs");
  const steps = readSteps(fields.take("steps"), findings);
  for (const key of DESCRIPTIVE) fields.take(key);
  for (const [key] of fields.rest()) findings.warn(`${key} is not known and was ignored.`);
  const checked = checkReferences({ inputs, steps }, findings);
  if (findings.errors.length > 0) throw invalid(findings.errors);
  const definition = { ...(typeof description === "string" && { description }), inputs, steps: checked };
  return { definition, warnings: findings.warnings };
}

function readSteps(raw: unknown, findings: Findings): UncheckedStep[] {
  const read = stepsSchema.safeParse(raw);
  if (!read.success) {
    for (const issue of read.error.issues) {
      const places = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
      for (const key of places) {
        const path = ["steps", ...issue.path, ...(key === undefined ? [] : [key])].join(".");
        findings.fault(path, issue.message);
      }
    }
    return [];
  }
  const seen = new Set<string>();
  for (const [at, { id }] of read.data.entries()) {
    if (seen.has(id)) findings.fault(`steps.${at}.id`, `"${id}" is the id of an earlier step`);
    seen.add(id);
  }
  return read.data;
}

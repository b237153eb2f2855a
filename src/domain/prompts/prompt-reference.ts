import { invalid } from "../errors.ts";
import { NAME_PATTERN, promptNameSchema } from "../name.ts";

/**
 * Names a prompt of the tenant: one version of it, what a label means, or neither (the default
 * label).
 */
export interface PromptReference {
  name: string;
  version?: number;
  label?: string;
}

/** Throws `validation_error` for a reference with both a version and a label. */
export function checkReference({ version, label }: Pick<PromptReference, "version" | "label">): void {
  if (version === undefined || label === undefined) return;
  throw invalid([{ path: "label", message: "give either `version` or `label`, not both" }]);
}

const VERSION_SUFFIX = /^[1-9]\d{0,8}$/;

/** Reads `name`, `name@label` or `name#version`. Undefined for any other text. */
export function parsePromptReference(text: string): PromptReference | undefined {
  const [, name = "", mark, rest = ""] = /^([^@#]*)(?:([@#])(.*))?$/s.exec(text) ?? [];
  if (!promptNameSchema.safeParse(name).success) return undefined;
  if (mark === undefined) return { name };
  if (mark === "@") return NAME_PATTERN.test(rest) ? { name, label: rest } : undefined;
  return VERSION_SUFFIX.test(rest) ? { name, version: Number(rest) } : undefined;
}

import * as z from "zod";
import { parameterFields } from "../../completions/parameter-schema.ts";
import { MAX_TIMEOUT_MS } from "../../time-limits.ts";
import type { PromptSettings } from "../prompt.ts";
import type { Fields, Findings } from "./findings.ts";
import { isMapping, readBoolean } from "./findings.ts";

/** The names of the settings in older dialects, in order of precedence after `settings`. */
const OLD_BLOCKS = ["model_config", "model_settings", "parameters"];
const OLD_KEYS = ["temperature", "max_tokens", "top_p", "stop", "cache_responses", "safety_level"];

/** Maximum of `stale_if_error`, seconds: a week. */
const MAX_STALE_S = 7 * 86_400;

const stopTexts = z
  .union([z.string().transform((text) => [text]), z.array(z.string())])
  .pipe(z.array(z.string().min(1)).min(1).max(4, "at most 4 stop texts"));

const milliseconds = z.int().min(1).max(MAX_TIMEOUT_MS).optional();

/** One schema for each setting, so that each fault has its own path. */
const SETTINGS: { [Key in keyof Required<PromptSettings>]: z.ZodType<PromptSettings[Key]> } = {
  ...parameterFields,
  max_tokens: z.int().positive(),
  stop: stopTexts,
  timeouts: z.strictObject({ first_token_ms: milliseconds, silence_ms: milliseconds, total_ms: milliseconds }),
  safety_level: z.string(),
  cache_responses: z.boolean(),
  stale_if_error: z.int().min(0).max(MAX_STALE_S),
};

/** The settings of a file. `unknown` holds those that this runtime does not know. */
export interface ImportedSettings {
  settings: PromptSettings;
  unknown: Record<string, unknown>;
  /** The model that an old `model_config` names. */
  model: unknown;
}

/**
 * Reads the settings of any dialect. `settings` wins over older keys. Adds faults and warnings to
 * `findings`.
 */
export function importSettings(fields: Fields, findings: Findings): ImportedSettings {
  const found = new Map<string, { value: unknown; path: string }>();
  const read = (block: unknown, name: string): void => {
    if (block === undefined) return;
    if (!isMapping(block)) return findings.fault(name, "must be a mapping");
    for (const [key, value] of Object.entries(block)) {
      const known = key === "stop_sequences" ? "stop" : key;
      if (value === null) continue;
      if (found.has(known)) findings.warn(`${name}.${key} was ignored: settings.${known} is given too.`);
      else found.set(known, { value, path: `${name}.${key}` });
    }
  };
  read(fields.take("settings"), "settings");
  for (const name of OLD_BLOCKS) {
    const block = fields.take(name);
    if (block !== undefined) findings.warn(`${name} is the name of older files; it was read as settings.`);
    read(block, name);
  }
  for (const key of OLD_KEYS) {
    const value = fields.take(key);
    if (value === undefined) continue;
    findings.warn(`${key} at the top level is the place of older files; it was read as settings.${key}.`);
    if (found.has(key)) findings.warn(`${key} was ignored: settings.${key} is given too.`);
    else found.set(key, { value, path: key });
  }
  return sort(found, findings);
}

function sort(found: Map<string, { value: unknown; path: string }>, findings: Findings): ImportedSettings {
  const settings: PromptSettings = {};
  const unknown = new Map<string, unknown>();
  let model: unknown;
  for (const [key, { value, path }] of found) {
    if (isSetting(key)) assign(settings, key, value, path, findings);
    else if (key === "model") model = value;
    else {
      findings.warn(`${path} is not a known setting; it was kept in the metadata and has no effect.`);
      unknown.set(key, value);
    }
  }
  return { settings, unknown: Object.fromEntries(unknown), model };
}

function isSetting(key: string): key is keyof PromptSettings {
  return Object.hasOwn(SETTINGS, key);
}

function assign(
  settings: PromptSettings,
  key: keyof PromptSettings,
  value: unknown,
  path: string,
  findings: Findings,
): void {
  const read = key === "cache_responses" ? readBoolean(value, path, findings) : value;
  const result = SETTINGS[key].safeParse(read);
  if (result.success) Object.assign(settings, { [key]: result.data });
  else for (const issue of result.error.issues) findings.fault([path, ...issue.path].join("."), issue.message);
}

import type { PromptSettings } from "../prompt.ts";
import { type Findings, readNumber, readText, readTexts } from "./fields.ts";
import { isPlainObject, type PlainObject } from "./read-source.ts";

/** Names that settings have gone by in older files. */
const OLDER_NAMES = ["model_config", "model_settings", "parameters"] as const;
const MOVED_UP = ["temperature", "max_tokens", "top_p", "stop"] as const;
const KNOWN = new Set(["temperature", "max_tokens", "top_p", "stop", "safety_level", "cache_responses"]);

/** The model settings of a file in any dialect, and what is left of them that no model takes. */
export function importSettings(
  findings: Findings,
  file: PlainObject,
): { settings: PromptSettings; unknown: PlainObject; models: unknown[] } {
  const gathered: PlainObject = {};
  for (const name of OLDER_NAMES) {
    if (!isPlainObject(file[name])) continue;
    findings.warnings.push(`\`${name}\` is read as \`settings\`.`);
    Object.assign(gathered, file[name]);
  }
  for (const name of MOVED_UP) {
    if (file[name] === undefined) continue;
    findings.warnings.push(`\`${name}\` at the top level is read as \`settings.${name}\`.`);
    gathered[name] = file[name];
  }
  if (isPlainObject(file["settings"])) Object.assign(gathered, file["settings"]);
  else if (file["settings"] !== undefined && file["settings"] !== null) {
    findings.errors.push({ path: "settings", message: "must be a mapping" });
  }
  const { model, models, ...rest } = gathered;
  const unknown = Object.fromEntries(Object.entries(rest).filter(([name]) => !KNOWN.has(name)));
  for (const name of Object.keys(unknown)) {
    findings.warnings.push(`\`settings.${name}\` is not a setting that is known here; it is kept and not used.`);
  }
  return { settings: readSettings(findings, rest), unknown, models: [model, models].flat().filter(isGiven) };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readSettings(findings: Findings, given: PlainObject): PromptSettings {
  const settings: PromptSettings = {
    temperature: readNumber(findings, "settings.temperature", given["temperature"], { min: 0, max: 2 }),
    max_tokens: readNumber(findings, "settings.max_tokens", given["max_tokens"], {
      min: 1,
      max: 1_000_000,
      integer: true,
    }),
    top_p: readNumber(findings, "settings.top_p", given["top_p"], { min: 0, max: 1 }),
    safety_level: readText(findings, "settings.safety_level", given["safety_level"]),
  };
  const stop = readTexts(findings, "settings.stop", given["stop"]);
  if (stop.length > 4) findings.errors.push({ path: "settings.stop", message: "must have at most 4 entries" });
  if (stop.length > 0) settings.stop = stop;
  const cache = given["cache_responses"];
  if (typeof cache === "boolean") settings.cache_responses = cache;
  else if (isGiven(cache)) findings.errors.push({ path: "settings.cache_responses", message: "must be true or false" });
  return settings;
}

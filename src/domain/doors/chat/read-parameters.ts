import { type CompletionParameters, REASONING_EFFORTS, VERBOSITIES } from "../../completions/completion.ts";
import { isRecord } from "../../json-schema/values.ts";
import { type BodyFindings, isGiven } from "../findings.ts";

/** The numbers with their least and their greatest value, and whether they must be whole. */
const NUMBERS = {
  temperature: { from: 0, to: 2 },
  top_p: { from: 0, to: 1 },
  frequency_penalty: { from: -2, to: 2 },
  presence_penalty: { from: -2, to: 2 },
  seed: { from: -Infinity, to: Infinity, isWhole: true },
  max_tokens: { from: 1, to: Infinity, isWhole: true },
  max_completion_tokens: { from: 1, to: Infinity, isWhole: true },
} as const;

type NumberName = keyof typeof NUMBERS;

/** The fields of a body that become parameters. */
export const PARAMETER_FIELDS: readonly string[] = [
  ...Object.keys(NUMBERS),
  "stop",
  "reasoning_effort",
  "verbosity",
  "service_tier",
  "prompt_cache_key",
];

/**
 * Reads the parameters. A value of the right type that is none of ours, such as a temperature of 3
 * or an effort of tomorrow, is no fault: a server that speaks this format may know it.
 */
export function readParameters(body: Record<string, unknown>, findings: BodyFindings): CompletionParameters {
  const number = (name: NumberName) => readNumber(name, body[name], findings);
  const text = (name: string) => findings.text(body[name], name);
  return defined({
    temperature: number("temperature"),
    top_p: number("top_p"),
    frequency_penalty: number("frequency_penalty"),
    presence_penalty: number("presence_penalty"),
    seed: number("seed"),
    max_tokens: readMaxTokens(number("max_tokens"), number("max_completion_tokens"), findings),
    stop: readStop(body["stop"], findings),
    reasoning_effort: oneOf(REASONING_EFFORTS, "reasoning_effort", text("reasoning_effort"), findings),
    verbosity: oneOf(VERBOSITIES, "verbosity", text("verbosity"), findings),
    service_tier: text("service_tier"),
    prompt_cache_key: text("prompt_cache_key"),
    ...anthropicsOwn(body),
  });
}

/** Anthropic's parameters, which clients of OpenRouter and LiteLLM know by the same names. */
function anthropicsOwn({ thinking, top_k }: Record<string, unknown>): CompletionParameters {
  return {
    ...(isThinking(thinking) && { thinking }),
    ...(typeof top_k === "number" && Number.isInteger(top_k) && top_k > 0 && { top_k }),
  };
}

function isThinking(value: unknown): value is { type: string } & Record<string, unknown> {
  return isRecord(value) && typeof value["type"] === "string";
}

function defined(parameters: CompletionParameters): CompletionParameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

function readNumber(name: NumberName, given: unknown, findings: BodyFindings): number | undefined {
  if (!isGiven(given)) return undefined;
  const { from, to, ...kind } = NUMBERS[name];
  const isWhole = "isWhole" in kind;
  if (typeof given !== "number" || (isWhole && !Number.isInteger(given))) {
    return findings.fault(name, isWhole ? "must be an integer" : "must be a number");
  }
  if (given >= from && given <= to) return given;
  return findings.untranslate(name, to === Infinity ? `must be at least ${from}` : `must be from ${from} to ${to}`);
}

/** Two names of one bound; the older one is deprecated. */
function readMaxTokens(older: number | undefined, newer: number | undefined, findings: BodyFindings) {
  if (older !== undefined && newer !== undefined && older !== newer) {
    findings.untranslate("max_tokens", "must not differ from max_completion_tokens");
  }
  // Some servers know the one name only, and some the other.
  return older === undefined ? newer : Math.max(older, newer ?? 0);
}

function readStop(given: unknown, findings: BodyFindings): string[] | undefined {
  if (!isGiven(given)) return undefined;
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const texts = list.filter((each) => typeof each === "string");
  if (texts.length < list.length) return findings.fault("stop", "must be a string or a list of strings");
  return texts.length === 0 ? undefined : texts;
}

function oneOf<Word extends string>(
  words: readonly Word[],
  name: string,
  given: string | undefined,
  findings: BodyFindings,
): Word | undefined {
  const known = words.find((word) => word === given);
  if (given !== undefined && known === undefined) findings.untranslate(name, `must be one of ${words.join(", ")}`);
  return known;
}

import { orderedObject } from "../../lib/ordered-json.ts";
import { isRecord } from "../json-schema/values.ts";
import type { ExecutionOptions, ExecutionRequest } from "./execution-options.ts";

/** The options that make an answer what it is, beside the prompt and its version. */
const REPLAYED = [
  "model",
  "models",
  "parameters",
  "include",
  "tool_choice",
  "parallel_tool_calls",
  "messages",
  "tools",
] as const satisfies (keyof ExecutionOptions)[];

/**
 * What an execution was asked beside its prompt, as a request has it: sent again with the same
 * version, it asks the same.
 */
export interface RecordedInput extends Partial<Record<(typeof REPLAYED)[number], unknown>> {
  variables: Record<string, unknown>;
}

/** The input of an execution in its record. */
export interface InputOnRecord {
  input: RecordedInput;
  /** Only its beginning is on record. */
  input_truncated?: true;
}

/** The most characters of an input, names included. */
export const MAX_INPUT = 16_384;
/** What an element or a member costs beside its characters. */
const EACH = 4;
/**
 * What names of credentials end with, for servers that the model or its provider calls: providers
 * and upstreams have options of their own, such as `domain_secrets` and `authentication`.
 */
const SECRET = /(?:authorization|authentication|headers?|token|secrets?|password|credentials?|(?:api|access)key)$/;
/** And those of these servers' addresses: credentials may stand in what follows the origin. */
const ADDRESS = /(?:url|uri|endpoint)$/;
const REDACTED = "<redacted>";

/**
 * What a request brought, for its record: about as many characters of it as a record takes, and
 * none of the credentials in its parameters.
 */
export function recordedInput({ variables, options }: Pick<ExecutionRequest, "variables" | "options">): InputOnRecord {
  const cut = new Cutter();
  const input: RecordedInput = { variables: cut.members(variables, false) };
  for (const field of REPLAYED) {
    const given = options[field];
    if (given === undefined || (field === "parameters" && Object.keys(options.parameters).length === 0)) continue;
    const taken = cut.value(given, field === "parameters");
    if (taken !== undefined) input[field] = taken;
  }
  if (cut.isWhole) return { input };
  // The beginning of a string keeps all of it in the memory, until it is written anew.
  return { input: JSON.parse(JSON.stringify(input)) as RecordedInput, input_truncated: true };
}

/** Copies values until it has as many characters as a record takes. */
class Cutter {
  #left = MAX_INPUT;
  isWhole = true;

  /** A value of JSON, or its beginning; undefined where there is no room. */
  value(value: unknown, isRedacted: boolean): unknown {
    if (!this.#hasRoom(EACH)) return undefined;
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return this.#elements(value, isRedacted);
    return isRecord(value) ? this.members(value, isRedacted) : value;
  }

  members(object: Record<string, unknown>, isRedacted: boolean): Record<string, unknown> {
    const members: [string, unknown][] = [];
    for (const name of Object.keys(object)) {
      const given = object[name];
      if (given === undefined) continue;
      if (!this.#hasRoom(name.length)) break;
      const member = this.value(isRedacted ? withoutSecret(name, given) : given, isRedacted);
      if (member !== undefined) members.push([name, member]);
    }
    return orderedObject(members);
  }

  #elements(list: readonly unknown[], isRedacted: boolean): unknown[] {
    const elements: unknown[] = [];
    for (const each of list) {
      const element = this.value(each ?? null, isRedacted);
      if (element === undefined) break;
      elements.push(element);
    }
    return elements;
  }

  #text(text: string): string {
    const kept = text.length <= this.#left ? text : text.slice(0, this.#left).toWellFormed();
    if (kept.length < text.length) this.isWhole = false;
    this.#left -= kept.length;
    return kept;
  }

  #hasRoom(characters: number): boolean {
    if (characters > this.#left) {
      this.isWhole = false;
      this.#left = 0;
      return false;
    }
    this.#left -= characters;
    return true;
  }
}

function withoutSecret(name: string, value: unknown): unknown {
  const plainName = name.toLowerCase().replaceAll(/[_-]/g, "");
  if (SECRET.test(plainName)) return REDACTED;
  if (!ADDRESS.test(plainName) || typeof value !== "string") return value;
  const { origin = "", pathname = "", search = "" } = URL.parse(value) ?? {};
  return pathname + search === "/" ? origin : `${origin}/${REDACTED}`;
}

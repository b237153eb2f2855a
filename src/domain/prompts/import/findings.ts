import { AppError } from "../../errors.ts";
import type { FieldError } from "../../errors.ts";

/**
 * The findings of an import: faults, which make it fail, and warnings, which the author gets back.
 */
export class Findings {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];

  /** Adds a fault of the field at the dotted `path`. */
  fault(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  /** Adds a sentence about something that was changed, assumed or ignored. */
  warn(sentence: string): void {
    this.warnings.push(sentence);
  }

  /** Runs a step and collects the field errors that it throws. Throws any other error on. */
  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AppError) || !error.errors) throw error;
      this.errors.push(...error.errors);
      return undefined;
    }
  }
}

/** The fields of a file that no reader has taken yet. */
export class Fields {
  readonly #data: Map<string, unknown>;

  constructor(data: Record<string, unknown>) {
    this.#data = new Map(Object.entries(data));
  }

  /** Removes a field and returns its value; undefined for `null` and for a missing key. */
  take(key: string): unknown {
    const value = this.#data.get(key);
    this.#data.delete(key);
    return value ?? undefined;
  }

  /** Whether a field is there. */
  has(key: string): boolean {
    return this.#data.has(key);
  }

  /** Whether a field is there and is `null`. */
  isNull(key: string): boolean {
    return this.#data.get(key) === null;
  }

  /** The fields that are left. */
  rest(): [string, unknown][] {
    return [...this.#data];
  }
}

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The words that YAML 1.1 takes for booleans. */
const BOOLEAN_WORDS = new Map([
  ["yes", true],
  ["on", true],
  ["true", true],
  ["no", false],
  ["off", false],
  ["false", false],
]);

/** A boolean, or one of the words that stand for one in older YAML files, which adds a warning. */
export function readBoolean(value: unknown, path: string, findings: Findings): unknown {
  const word = typeof value === "string" ? BOOLEAN_WORDS.get(value.trim().toLowerCase()) : undefined;
  if (word === undefined) return value;
  findings.warn(`${path} ${JSON.stringify(value)} was read as ${String(word)}.`);
  return word;
}

/** Whether a value is a list of texts. */
export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

import { AppError } from "../../errors.ts";
import type { FieldError } from "../../errors.ts";

/** What an import found: faults, which end it together, and warnings, which go back to the author. */
export class Findings {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];

  /** Notes a fault of the field at the dotted `path`. */
  fault(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  /** Notes what was changed, assumed or ignored, in a sentence. */
  warn(sentence: string): void {
    this.warnings.push(sentence);
  }

  /** Runs a step that throws field errors, and keeps them with the others; anything else is thrown on. */
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

/** The keys of a file that no reader has taken yet. */
export class Fields {
  readonly #data: Map<string, unknown>;

  constructor(data: Record<string, unknown>) {
    this.#data = new Map(Object.entries(data));
  }

  /** Takes a key's value away; `null` and a missing key are both undefined. */
  take(key: string): unknown {
    const value = this.#data.get(key);
    this.#data.delete(key);
    return value ?? undefined;
  }

  /** What nobody took. */
  rest(): [string, unknown][] {
    return [...this.#data];
  }
}

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of texts. */
export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

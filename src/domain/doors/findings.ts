import type { FieldError } from "../errors.ts";
import { isRecord } from "../json-schema/values.ts";

const NO_COUNTERPART = "has no counterpart in other APIs";

/**
 * The most findings of a kind: as many as an error names. A body can have one in each of its bytes.
 */
const MAX_FINDINGS = 50;

/** A kind of values, and how a fault calls it. */
interface ValueKind<T> {
  is: (value: unknown) => value is T;
  what: string;
}

export const TEXT: ValueKind<string> = { is: (value) => typeof value === "string", what: "a string" };
export const NUMBER: ValueKind<number> = { is: (value) => typeof value === "number", what: "a number" };
export const FLAG: ValueKind<boolean> = { is: (value) => typeof value === "boolean", what: "a boolean" };
export const OBJECT: ValueKind<Record<string, unknown>> = { is: isRecord, what: "an object" };
export const LIST: ValueKind<unknown[]> = { is: (value) => Array.isArray(value), what: "a list" };

/** What the reading of a body finds. Each finding has its dotted path. */
export class BodyFindings {
  /** What the original API refuses, too. */
  readonly faults: FieldError[] = [];
  /** What only this wire format can say. */
  readonly untranslated: FieldError[] = [];

  fault(path: string, message: string): undefined {
    if (this.faults.length < MAX_FINDINGS) this.faults.push({ path, message });
  }

  untranslate(path: string, message = NO_COUNTERPART): undefined {
    if (this.untranslated.length < MAX_FINDINGS) this.untranslated.push({ path, message });
  }

  /** Names a type that nothing reads. */
  unknownType(path: string, type: string): undefined {
    return this.untranslate(`${path}.type`, `"${type}" ${NO_COUNTERPART}`);
  }

  /** Names the members of an object that nothing reads. A null says nothing. */
  unread(object: Record<string, unknown>, path: string, read: readonly string[]): void {
    for (const [name, value] of Object.entries(object)) {
      if (isGiven(value) && !read.includes(name)) this.untranslate(`${path}.${name}`);
    }
  }

  /** A value that may be absent, of the kind that `is` knows. */
  optional<T>(value: unknown, path: string, { is, what }: ValueKind<T>): T | undefined {
    if (!isGiven(value)) return undefined;
    return is(value) ? value : this.fault(path, `must be ${what}`);
  }

  /** A value that must be there. */
  needed<T>(value: unknown, path: string, kind: ValueKind<T>): T | undefined {
    return isGiven(value) ? this.optional(value, path, kind) : this.fault(path, "is missing");
  }

  /** A text that may be absent. */
  text(value: unknown, path: string): string | undefined {
    return this.optional(value, path, TEXT);
  }

  /** A text that must be there. */
  neededText(value: unknown, path: string): string | undefined {
    return this.needed(value, path, TEXT);
  }

  /** A boolean that may be absent. */
  flag(value: unknown, path: string): boolean | undefined {
    return this.optional(value, path, FLAG);
  }

  /** A list that may be absent. */
  list(value: unknown, path: string): readonly unknown[] {
    return this.optional(value, path, LIST) ?? [];
  }

  /** One of some words. Another word is no fault: a server that speaks this format may know it. */
  word<Word extends string>(words: readonly Word[], value: unknown, path: string): Word | undefined {
    const text = this.text(value, path);
    const known = words.find((word) => word === text);
    if (text !== undefined && known === undefined) this.untranslate(path, `must be one of ${words.join(", ")}`);
    return known;
  }
}

/** Whether a field is there: the APIs take a null for an absent one. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

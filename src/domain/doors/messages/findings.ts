import type { FieldError } from "../../errors.ts";
import { isRecord } from "../../json-schema/values.ts";

const NO_COUNTERPART = "has no counterpart in other APIs";

/** The most findings of a kind: as many as an error names. A body can have one in each byte. */
const MAX_FINDINGS = 50;

/** What the reading of a body finds. Each finding has its dotted path. */
export class MessagesFindings {
  /** What Anthropic's API refuses, too. */
  readonly faults: FieldError[] = [];
  /** What only Anthropic's wire format can say. */
  readonly untranslated: FieldError[] = [];

  fault(path: string, message: string): undefined {
    if (this.faults.length < MAX_FINDINGS) this.faults.push({ path, message });
  }

  untranslate(path: string, message = NO_COUNTERPART): undefined {
    if (this.untranslated.length < MAX_FINDINGS) this.untranslated.push({ path, message });
  }

  /** Names the members of an object that nothing reads. */
  unread(object: Record<string, unknown>, path: string, read: readonly string[]): void {
    for (const [name, value] of Object.entries(object)) {
      if (isGiven(value) && !read.includes(name)) this.untranslate(`${path}.${name}`);
    }
  }

  /** A value that may be absent, of the kind that `is` knows. */
  optional<T>(value: unknown, path: string, { is, what }: Kind<T>): T | undefined {
    if (!isGiven(value)) return undefined;
    return is(value) ? value : this.fault(path, `must be ${what}`);
  }

  /** A value that must be there. */
  needed<T>(value: unknown, path: string, kind: Kind<T>): T | undefined {
    return isGiven(value) ? this.optional(value, path, kind) : this.fault(path, "is missing");
  }
}

/** A kind of values, and how a fault calls it. */
interface Kind<T> {
  is: (value: unknown) => value is T;
  what: string;
}

export const TEXT: Kind<string> = { is: (value) => typeof value === "string", what: "a string" };
export const NUMBER: Kind<number> = { is: (value) => typeof value === "number", what: "a number" };
export const FLAG: Kind<boolean> = { is: (value) => typeof value === "boolean", what: "a boolean" };
export const OBJECT: Kind<Record<string, unknown>> = { is: isRecord, what: "an object" };
export const LIST: Kind<unknown[]> = { is: (value) => Array.isArray(value), what: "a list" };

/** Whether a field is there: a null is an absent one. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

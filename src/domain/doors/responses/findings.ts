import type { FieldError } from "../../errors.ts";

/**
 * The most findings of a kind: as many as an error names. A body can have one in each of its bytes.
 */
const MAX_FINDINGS = 50;

/** What the reading of a body finds. Each finding has its dotted path. */
export class ResponsesFindings {
  /** What OpenAI's API refuses, too. */
  readonly faults: FieldError[] = [];
  /** What only OpenAI's wire format can say. */
  readonly untranslated: FieldError[] = [];

  fault(path: string, message: string): undefined {
    if (this.faults.length < MAX_FINDINGS) this.faults.push({ path, message });
  }

  untranslate(path: string, message = "has no counterpart in other APIs"): undefined {
    if (this.untranslated.length < MAX_FINDINGS) this.untranslated.push({ path, message });
  }

  /** Names a type that nothing reads. */
  unknownType(path: string, type: string): undefined {
    return this.untranslate(`${path}.type`, `"${type}" has no counterpart in other APIs`);
  }

  /** Names the members of an object that nothing reads. A null says nothing. */
  unread(object: Record<string, unknown>, path: string, read: readonly string[]): void {
    for (const [name, value] of Object.entries(object)) {
      if (isGiven(value) && !read.includes(name)) this.untranslate(`${path}.${name}`);
    }
  }

  /** A text that may be absent. */
  text(value: unknown, path: string): string | undefined {
    if (typeof value === "string") return value;
    return isGiven(value) ? this.fault(path, "must be a string") : undefined;
  }

  /** A text that must be there. */
  neededText(value: unknown, path: string): string | undefined {
    return isGiven(value) ? this.text(value, path) : this.fault(path, "is missing");
  }

  /** A boolean that may be absent. */
  flag(value: unknown, path: string): boolean | undefined {
    if (typeof value === "boolean") return value;
    return isGiven(value) ? this.fault(path, "must be a boolean") : undefined;
  }

  /** A list that may be absent. */
  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (isGiven(value)) this.fault(path, "must be a list");
    return [];
  }

  /** One of some words. Another word is no fault: a server that speaks this format may know it. */
  word<Word extends string>(words: readonly Word[], value: unknown, path: string): Word | undefined {
    const text = this.text(value, path);
    const known = words.find((word) => word === text);
    if (text !== undefined && known === undefined) this.untranslate(path, `must be one of ${words.join(", ")}`);
    return known;
  }
}

/** Whether a field is there: OpenAI takes a null for an absent one. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

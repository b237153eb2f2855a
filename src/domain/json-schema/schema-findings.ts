import type { FieldError } from "../errors.ts";

/** The most errors that are reported for one value. */
export const MAX_ERRORS = 20;

/**
 * What the keywords of one schema say about one value: its errors, and which of its members they
 * have looked at, for `unevaluatedProperties` and `unevaluatedItems`. Most values have none of
 * both, so nothing is made ahead.
 */
export class SchemaFindings {
  #errors: FieldError[] | undefined;
  /** The names of members and the indexes of items that a keyword has looked at. */
  #seen: Set<string | number> | undefined;

  /** True while no keyword has objected. */
  get fits(): boolean {
    return this.#errors === undefined;
  }

  /** True where further errors would be left out. */
  get isFull(): boolean {
    return this.#errors?.length === MAX_ERRORS;
  }

  get errors(): readonly FieldError[] {
    return this.#errors ?? [];
  }

  /** Reports an error at the value's dotted path. Errors beyond {@link MAX_ERRORS} are left out. */
  report(path: string, message: string): void {
    this.#errors ??= [];
    if (this.#errors.length < MAX_ERRORS) this.#errors.push({ path, message });
  }

  /** Takes over the errors of another value or schema. */
  fail({ errors }: SchemaFindings): void {
    for (const { path, message } of errors) this.report(path, message);
  }

  /** Notes that a keyword has looked at a member or an item. */
  see(member: string | number): void {
    (this.#seen ??= new Set()).add(member);
  }

  hasSeen(member: string | number): boolean {
    return this.#seen?.has(member) ?? false;
  }

  /** Takes over what another schema found about the same value. Only one that fits has looked. */
  join(found: SchemaFindings): void {
    if (!found.fits) return this.fail(found);
    for (const member of found.#seen ?? []) this.see(member);
  }
}

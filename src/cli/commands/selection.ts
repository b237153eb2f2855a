import { UsageError } from "../errors.ts";
import type { PlannedPush } from "../project/push-plan.ts";
import { isSelected } from "../project/select.ts";

/** Collects an option that may be given several times, for commander. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** The prompts that the selectors name. Throws a UsageError where a selector names none. */
export function selectPlanned(planned: readonly PlannedPush[], selectors: readonly string[]): PlannedPush[] {
  const selectable = planned.map((prompt) => ({ prompt, tags: prompt.check.definition?.tags ?? [] }));
  const chosen = selectable.filter(({ prompt, tags }) => isSelected({ ...prompt, tags }, selectors));
  const [named] = selectors.filter((selector) => !selector.includes(":"));
  if (chosen.length === 0 && named !== undefined) {
    throw new UsageError(`No prompt of the project is named ${named}. Its prompts: ${namesOf(planned)}.`);
  }
  return chosen.map(({ prompt }) => prompt);
}

function namesOf(planned: readonly PlannedPush[]): string {
  const names = planned.slice(0, 10).map(({ name }) => name);
  return names.join(", ") + (planned.length > names.length ? " …" : "") || "none";
}

/** A whole number of at least 1, for commander. Throws a UsageError for anything else. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${text} is no whole number of at least 1.`);
  return Number(text);
}

/**
 * A decimal number that is not negative, for commander. Throws a UsageError for anything else: an
 * empty text, such as of a variable that is not set, would be zero.
 */
export function decimal(text: string): number {
  if (!/^(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})$/.test(text))
    throw new UsageError(`"${text}" is no number, such as 5 or 0.25.`);
  return Number(text);
}

/** The number of a port, for commander; 0 is any free one. Throws a UsageError for anything else. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError(`"${text}" is no port: they are numbers up to 65535.`);
  return port;
}

/** A version (`3`, `#3`) or a label, as the API takes them. */
export function versionChoice(text: string | undefined): { version?: number; label?: string } {
  if (text === undefined) return {};
  const [, number] = /^#?([1-9]\d{0,8})$/.exec(text) ?? [];
  return number === undefined ? { label: text.replace(/^@/, "") } : { version: Number(number) };
}

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

/** A version (`3`, `#3`) or a label, as the API takes them. */
export function versionChoice(text: string | undefined): { version?: number; label?: string } {
  if (text === undefined) return {};
  const [, number] = /^#?([1-9]\d{0,8})$/.exec(text) ?? [];
  return number === undefined ? { label: text.replace(/^@/, "") } : { version: Number(number) };
}

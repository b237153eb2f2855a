import { AppError } from "../../../src/domain/errors.ts";
import type { FieldError } from "../../../src/domain/errors.ts";
import type { RenderLimits } from "../../../src/domain/template/limits.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";

/** Parses and renders in one go. */
export function render(
  source: string,
  variables: Record<string, unknown> = {},
  limits?: Partial<RenderLimits>,
): string {
  return renderTemplate(parseTemplate(source), variables, limits);
}

/** The faults that the work throws; fails where it throws none, or no AppError. */
export function faultsOf(work: () => unknown): FieldError[] {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.errors ?? [{ path: error.code, message: error.detail }];
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The first fault as `path: message`. */
export function faultOf(work: () => unknown): string {
  const [fault] = faultsOf(work);
  return `${fault?.path}: ${fault?.message}`;
}

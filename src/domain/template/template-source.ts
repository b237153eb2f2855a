import type { AppError } from "../errors.ts";
import { templateFault } from "./limits.ts";
import { textLength } from "./values.ts";

/** The text of a template, and where it stands in its prompt (`template`, `messages.0.content`). */
export interface TemplateSource {
  readonly text: string;
  readonly path: string;
}

/** The line of a position. Lines count from 1. */
export function lineOf(source: TemplateSource, position: number): number {
  return source.text.slice(0, position).split("\n").length;
}

/**
 * An AppError `validation_error` that names the line and column of a position. Columns count
 * characters from 1.
 */
export function syntaxFault(source: TemplateSource, position: number, message: string): AppError {
  const before = source.text.slice(0, position);
  const column = textLength(before.slice(before.lastIndexOf("\n") + 1)) + 1;
  return templateFault(`line ${lineOf(source, position)}, column ${column}: ${message}`, source.path);
}

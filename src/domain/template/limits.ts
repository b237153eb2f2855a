import type { AppError } from "../errors.ts";
import { invalid } from "../errors.ts";

/** What one rendering may spend. The caps bound time and memory whatever the template says. */
export interface RenderLimits {
  /**
   * Evaluated nodes, plus one step for each list element made and each 256 characters of text
   * worked through.
   */
  steps: number;
  /** Levels of macros that call macros. */
  callDepth: number;
  /** Characters (UTF-16 units) of the output, and of every intermediate string. */
  output: number;
}

/** The caps unless the caller sets others. A loop over 4,000 rows takes 25 to 45 steps a row. */
export const DEFAULT_RENDER_LIMITS: RenderLimits = { steps: 250_000, callDepth: 64, output: 1 << 20 };

/** Characters that a template's source may have. */
export const MAX_SOURCE_LENGTH = 200_000;
/** Levels of the syntax tree, and levels that brackets may nest. */
export const MAX_SYNTAX_DEPTH = 200;
/**
 * Levels that evaluation may nest, over all macros that are running. Low enough that JavaScript's
 * own stack never overflows.
 */
export const MAX_EVALUATION_DEPTH = 1_000;

/**
 * A 422 about the template itself: a syntax error, a type error while rendering, or a cap that was
 * hit.
 */
export function templateFault(message: string, path = "template"): AppError {
  return invalid([{ path, message }]);
}

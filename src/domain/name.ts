import * as z from "zod";

/** The form of the names of labels, keys and providers, and of each part of a prompt's name. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** The name of a label, key or provider. */
export const nameSchema = z.string().regex(NAME_PATTERN, "must match [a-z0-9][a-z0-9._-]{0,127}");

/** A name, or several joined by `/`, which are folders. */
const PROMPT_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,127}(?:\/[a-z0-9][a-z0-9._-]{0,127})*$/;

/**
 * The name of a prompt. In a path, its `/` is written `%2F`. The length is a rule of its own, so
 * that the OpenAPI document says it in a way from which clients can make names.
 */
export const promptNameSchema = z
  .string()
  .max(128)
  .regex(
    PROMPT_NAME_PATTERN,
    "must be [a-z0-9][a-z0-9._-]{0,127}, or several joined by `/`, of at most 128 characters",
  );

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

/**
 * The form of an alias: up to 256 characters of Unicode, none of which is a control character.
 * UTF-8 has no lone surrogates, so a text with one would be taken for another alias.
 */
export const ALIAS_PATTERN = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

/**
 * An alias of a prompt. In a path it is percent-encoded; `.` and `..` cannot stand there, because
 * clients take them for steps within the path (RFC 3986, 5.2.4). The OpenAPI document spells the
 * control characters out, because not every engine of patterns knows their class.
 */
export const aliasSchema = z
  .string()
  .refine((text) => ALIAS_PATTERN.test(text), "must be a text of 1 to 256 characters without control characters")
  .meta({ pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,256}$" });

import * as z from "zod";

/** The form of the names of prompts, labels, keys and providers. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** The name of a prompt, label, key or provider. */
export const nameSchema = z.string().regex(NAME_PATTERN, "must match [a-z0-9][a-z0-9._-]{0,127}");

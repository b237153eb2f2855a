import * as z from "zod";
import { NAME_PATTERN } from "./prompts/prompt.ts";

/** The name of a prompt, label, key or provider. */
export const nameSchema = z.string().regex(NAME_PATTERN, "must match [a-z0-9][a-z0-9._-]{0,127}");

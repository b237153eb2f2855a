/**
 * Stands for `zod` in the bundle (`[alias]` in wrangler.toml). @hono/zod-openapi takes the whole of
 * zod as one object, to extend `ZodType`; the bundle would then contain all of it, with the error
 * messages in fifty languages.
 */
import { ZodType } from "zod/v4";

export * from "zod/v4";
export const z = { ZodType };

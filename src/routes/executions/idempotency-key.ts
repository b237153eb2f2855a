import * as z from "zod";

/** The header that makes a POST safe to repeat, for the document; the services check its value. */
export const idempotencyKey = z
  .string()
  .optional()
  .describe("The same key and body give the first result again for a day; 409 while the first runs");

import type { MiddlewareHandler } from "hono";
import { AppError } from "../domain/errors.ts";
import type { AppEnv } from "./context.ts";

/** The content types that clients send by default: curl with `-d`, and `fetch` with a string. */
const DEFAULT_TYPES = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
/** Other names of accepted types. */
const SYNONYMS: Record<string, string> = {
  "application/x-yaml": "application/yaml",
  "text/yaml": "application/yaml",
  "text/x-yaml": "application/yaml",
};

/**
 * Checks the content type of a body against the types of its route. A default type counts as the
 * first accepted type; any other type throws a 400. Puts the body that was read back into the
 * request, for its handler.
 */
export function bodyType(accepted: string[]): MiddlewareHandler<AppEnv> {
  return async function bodyTypeMiddleware(c, next) {
    const said = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    const type = DEFAULT_TYPES.has(said) ? accepted[0] : (SYNONYMS[said] ?? said);
    if (c.req.raw.bodyUsed) {
      const headers = new Headers(c.req.raw.headers);
      if (c.var.body !== "" && type !== undefined) {
        if (!accepted.includes(type)) {
          throw new AppError("bad_request", `Send the body as ${accepted.join(" or ")}, not as ${said.slice(0, 100)}.`);
        }
        headers.set("content-type", type);
      }
      c.req.raw = new Request(c.req.raw.url, { method: c.req.method, body: c.var.body, headers });
    }
    await next();
  };
}

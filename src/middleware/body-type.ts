import type { MiddlewareHandler } from "hono";
import { AppError } from "../domain/errors.ts";
import type { AppEnv } from "./context.ts";

/** What clients say of a body when nobody told them what it is: curl's `-d`, and `fetch` with a string. */
const UNSAID = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
/** Other names of the same thing. */
const SYNONYMS: Record<string, string> = {
  "application/x-yaml": "application/yaml",
  "text/yaml": "application/yaml",
  "text/x-yaml": "application/yaml",
};

/** Holds a body to the media types of its route. A body whose type was left unsaid is taken for the first of them; 400 for any other type. Gives the body that was read back to the request, for its handler. */
export function bodyType(accepted: string[]): MiddlewareHandler<AppEnv> {
  return async function bodyTypeMiddleware(c, next) {
    const said = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    const type = UNSAID.has(said) ? accepted[0] : (SYNONYMS[said] ?? said);
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

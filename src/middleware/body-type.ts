import type { MiddlewareHandler } from "hono";
import { AppError } from "../domain/errors.ts";
import { parseJsonBody } from "../domain/json-body.ts";
import type { AppContext, AppEnv } from "./context.ts";

const JSON_TYPE = "application/json";
/** The content types that clients send by default: curl with `-d`, and `fetch` with a string. */
const DEFAULT_TYPES = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
/** Other names of accepted types. */
const SYNONYMS = new Map([
  ["application/x-yaml", "application/yaml"],
  ["text/yaml", "application/yaml"],
  ["text/x-yaml", "application/yaml"],
]);

/**
 * Checks the content type of a body against the types of its route. A default type, or that of an
 * empty body, counts as the first accepted type; any other type throws a 400. A route that takes no
 * body ignores it. Puts the body that was read back into the request, for its handler. Where a
 * route takes JSON only, the JSON is parsed here, and an absent body counts as one without fields.
 */
export function bodyType(accepted: string[]): MiddlewareHandler<AppEnv> {
  const takesJsonOnly = accepted.length === 1 && accepted[0] === JSON_TYPE;
  return async function bodyTypeMiddleware(c, next) {
    const { body } = c.var;
    if (accepted.length > 0) setBody(c, accepted, takesJsonOnly);
    if (takesJsonOnly) setJson(c, body === "" ? {} : parseJsonBody(body, notJson));
    await next();
  };
}

function setBody(c: AppContext, accepted: string[], takesJsonOnly: boolean): void {
  const said = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const { body } = c.var;
  const type = DEFAULT_TYPES.has(said) || body === "" ? accepted[0] : (SYNONYMS.get(said) ?? said);
  if (type !== undefined && !accepted.includes(type)) {
    throw new AppError("bad_request", `Send the body as ${accepted.join(" or ")}, not as ${said.slice(0, 100)}.`);
  }
  // Such JSON is parsed here, so nobody reads it from the request.
  if (said === JSON_TYPE && takesJsonOnly) return;
  const headers = new Headers(c.req.raw.headers);
  if (type !== undefined) headers.set("content-type", type);
  // The validators of a route read a body wherever there is one, even one of no bytes.
  c.req.raw = new Request(c.req.raw.url, { method: c.req.method, headers, ...(body === "" ? {} : { body }) });
}

/** Gives the validators of the route this JSON, in place of what they would parse by themselves. */
function setJson(c: AppContext, value: unknown): void {
  Object.assign(c.req, { json: async () => value });
}

function notJson(cause: unknown): AppError {
  return new AppError("bad_request", "The body is not valid JSON.", { cause });
}

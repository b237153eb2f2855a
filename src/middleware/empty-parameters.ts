import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

const EMPTY = /[?&][^=&#]*=(?:&|$)/;

/** Leaves query parameters without a value out (`?tag=&cursor=`): forms send them so. */
export function dropEmptyParameters(): MiddlewareHandler<AppEnv> {
  return async function dropEmptyParametersMiddleware(c, next) {
    if (EMPTY.test(c.req.raw.url)) {
      const url = new URL(c.req.raw.url);
      for (const name of new Set(url.searchParams.keys())) url.searchParams.delete(name, "");
      c.req.raw = new Request(url, c.req.raw);
    }
    await next();
  };
}

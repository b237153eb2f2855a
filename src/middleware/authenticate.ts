import type { MiddlewareHandler } from "hono";
import { allows, type Scope } from "../domain/tenants/api-key.ts";
import { AppError } from "../domain/errors.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** The bearer key of a request: `Authorization: Bearer …`, or `x-api-key` as Anthropic's clients send it. */
function bearerOf(c: AppContext): string | null {
  const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  return token ?? c.req.header("x-api-key") ?? null;
}

/** Lets a tenant's key with `scope` through and sets `principal`; 401 without a good key, 403 without the scope. */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return async function requireScopeMiddleware(c, next) {
    const { authenticate } = c.var.services;
    const token = bearerOf(c);
    const principal = await c.var.timings.measure("auth", async () => {
      try {
        return await authenticate.principal(token);
      } catch (error) {
        if (!(await authenticate.isRoot(token))) throw error;
        throw new AppError("permission_error", "The root key creates tenants and nothing else.");
      }
    });
    if (!allows(principal, scope)) throw new AppError("permission_error", `The key lacks the scope \`${scope}\`.`);
    c.set("principal", principal);
    await next();
  };
}

/** Lets only the root key through; 403 for a tenant's good key, 401 otherwise. */
export function requireRoot(): MiddlewareHandler<AppEnv> {
  return async function requireRootMiddleware(c, next) {
    const { authenticate } = c.var.services;
    const token = bearerOf(c);
    if (!(await authenticate.isRoot(token))) {
      await authenticate.principal(token);
      throw new AppError("permission_error", "Only the root key creates tenants.");
    }
    await next();
  };
}

import { allows, type KeyScope, type Principal } from "../domain/tenants/api-key.ts";
import { AppError } from "../domain/errors.ts";
import type { AppContext } from "./context.ts";
import { sessionKeyOf } from "./session-cookie.ts";

/**
 * The bearer token of a request: `Authorization: Bearer …`, or `x-api-key` as Anthropic's clients
 * send it.
 */
function bearerOf(c: AppContext): string | null {
  const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  return token ?? c.req.header("x-api-key") ?? null;
}

/** The client's address, which Cloudflare sets and no client can. Null elsewhere. */
function addressOf(c: AppContext): string | null {
  return c.req.header("cf-connecting-ip") ?? null;
}

/**
 * Requires a tenant's key with `scope`, or any of a tenant's keys, and sets `principal`. Throws a
 * 401 without a valid key, a 403 without the scope, a 429 if the client's address sent too many
 * wrong keys. Where the request has no key, a session's cookie stands in for it on routes that take
 * one.
 */
export async function requireScope(c: AppContext, scope: KeyScope | "any", takesSession = false): Promise<Principal> {
  const principal = await c.get("timings").measure("auth", async () => {
    const token = bearerOf(c) ?? (takesSession ? await sessionKeyOf(c) : null);
    return requirePrincipal(c, token);
  });
  if (scope !== "any" && !allows(principal, scope)) {
    throw new AppError("permission_error", `The key lacks the scope \`${scope}\`.`);
  }
  c.set("principal", principal);
  return principal;
}

/** Requires that a token is a tenant's key, wherever it was sent. */
export async function requirePrincipal(c: AppContext, token: string | null): Promise<Principal> {
  const { authenticate } = c.get("services");
  try {
    return await authenticate.principal(token, addressOf(c));
  } catch (error) {
    if (!(await authenticate.isRoot(token))) throw error;
    throw new AppError(
      "permission_error",
      "The root key creates tenants, moves shards, reads `/metrics`, and nothing else.",
    );
  }
}

/** Whether a request has the root key. */
export async function isRoot(c: AppContext): Promise<boolean> {
  return c.get("services").authenticate.isRoot(bearerOf(c));
}

/** Requires the root key. Throws a 403 for a tenant's valid key, a 401 otherwise. */
export async function requireRoot(c: AppContext): Promise<void> {
  const { authenticate } = c.get("services");
  const token = bearerOf(c);
  if (await authenticate.isRoot(token)) return;
  await authenticate.principal(token, addressOf(c));
  throw new AppError("permission_error", "Only the root key may do this.");
}

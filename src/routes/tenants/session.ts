import * as z from "zod";
import { SCOPES } from "../../domain/tenants/api-key.ts";
import { requirePrincipal } from "../../middleware/authenticate.ts";
import { forgetSession, keepSession, requireOwnOrigin } from "../../middleware/session-cookie.ts";
import { throttle } from "../../middleware/throttle.ts";
import type { SignedIn } from "../../services/tenants/read-session.ts";
import { createRouter, json, openRoute, rfc3339, securedRoute } from "../router.ts";

const sessionView = z.object({
  tenant: z.object({ id: z.string(), name: z.string() }),
  key: z.object({ id: z.string(), name: z.string(), scopes: z.array(z.enum(SCOPES)) }),
  expires_at: z.string().nullable().describe("Null for a key that does not expire, where no session was begun"),
});

function toView({ tenant, key, expires_at }: SignedIn): z.infer<typeof sessionView> {
  const scopes = [...key.scopes];
  return { tenant, key: { ...key, scopes }, expires_at: expires_at === null ? null : rfc3339(expires_at) };
}

const SET_COOKIE = { "set-cookie": { description: "The session's cookie", schema: { type: "string" as const } } };

const signIn = openRoute({
  method: "post",
  path: "/v1/session",
  summary: "Sign in: begin a session of 12 hours, or until the key expires",
  description:
    "For pages of this deployment. The cookie counts where no key is sent, with `x-pbt-session: 1`, and ends with its key.",
  request: { body: json(z.object({ key: z.string().trim().min(1).max(512) }), "A tenant's API key") },
  responses: { 200: { ...json(sessionView, "Who is signed in"), headers: SET_COOKIE } },
});

const readSession = securedRoute("any", {
  method: "get",
  path: "/v1/session",
  summary: "Who is signed in, by a session's cookie or by a key",
  responses: { 200: json(sessionView, "Who is signed in") },
});

const signOut = openRoute({
  method: "delete",
  path: "/v1/session",
  summary: "Sign out: the browser forgets the session's cookie",
  responses: { 204: { description: "Forgotten", headers: SET_COOKIE } },
});

/** Sessions of the dashboard. */
export const sessionRoutes = createRouter()
  .openapi(signIn, async (c) => {
    // Else a page elsewhere could sign its visitors in with a key of its own.
    requireOwnOrigin(c);
    const { key } = c.req.valid("json");
    const principal = await requirePrincipal(c, key);
    c.set("principal", principal);
    await throttle(c, principal.tenant_id);
    const { signed_in, cookie, max_age_s } = await c.var.services.signIn(principal, key);
    keepSession(c, cookie, max_age_s);
    return c.json(toView(signed_in), 200);
  })
  .openapi(readSession, async (c) => {
    const session = await c.var.services.readSession(c.var.principal, c.get("session_expires_at") ?? null);
    return c.json(toView(session), 200);
  })
  .openapi(signOut, (c) => {
    requireOwnOrigin(c);
    forgetSession(c);
    return c.body(null, 204);
  });

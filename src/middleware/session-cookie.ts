import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { AppError } from "../domain/errors.ts";
import type { AppContext } from "./context.ts";

const NAME = "pbt_session";
/** A header that no form, image or link can send, and no page elsewhere without a preflight. */
const HEADER = "x-pbt-session";
const READING = new Set(["GET", "HEAD"]);

/**
 * The API key of the session that the request's cookie shows. Null without a cookie, and where it
 * does not count: beside an `authorization`, or without `x-pbt-session: 1`. Throws a 403 for pages
 * of another origin, and a 401 where the session has ended.
 */
export async function sessionKeyOf(c: AppContext): Promise<string | null> {
  if (c.req.header(HEADER) !== "1" || c.req.header("authorization") !== undefined) return null;
  const cookie = getCookie(c, NAME, isSecure(c) ? "host" : undefined);
  if (cookie === undefined) return null;
  requireOwnOrigin(c);
  const session = await c.get("services").sessions.open(cookie);
  if (!session) throw new AppError("authentication_error", "The session has ended: sign in again.");
  c.set("session_expires_at", session.expires_at);
  return session.key;
}

/**
 * Requires that a browser sends the request from a page of its own origin. Browsers name the origin
 * with every request that changes something, and say how it relates to ours (Fetch Metadata);
 * clients that are none send neither. Throws a 403.
 */
export function requireOwnOrigin(c: AppContext): void {
  const [site, origin] = [c.req.header("sec-fetch-site"), c.req.header("origin")];
  const isOwnSite = site === undefined || site === "same-origin" || (site === "none" && READING.has(c.req.method));
  if (isOwnSite && (origin === undefined || origin === new URL(c.req.url).origin)) return;
  throw new AppError("permission_error", "Sessions are for pages of this deployment's own origin only.");
}

/**
 * Has the browser keep a session's cookie, which no script reads and no other site sends. By https
 * its name begins with `__Host-`, so that no other host and no page by http can set it.
 */
export function keepSession(c: AppContext, value: string, maxAge: number): void {
  setCookie(c, NAME, value, { ...attributesOf(c), maxAge });
}

/** Has the browser forget the cookie. */
export function forgetSession(c: AppContext): void {
  deleteCookie(c, NAME, attributesOf(c));
}

function attributesOf(c: AppContext) {
  const secure = isSecure(c) ? ({ secure: true, prefix: "host" } as const) : {};
  return { path: "/", httpOnly: true, sameSite: "Strict", ...secure } as const;
}

function isSecure(c: AppContext): boolean {
  return c.req.url.startsWith("https:");
}

import { PbtEdge } from "../../client/index.ts";
import { noteServerTime } from "./server-clock.ts";

type SignedOut = () => void;

let onSignedOut: SignedOut = () => undefined;

/** Calls `listener` where an answer says that the session has ended. */
export function whenSignedOut(listener: SignedOut): void {
  onSignedOut = listener;
}

/**
 * Calls the API with the session's cookie in place of a key. The header is the server's protection
 * against forged requests of other sites, which cannot send it.
 */
export async function fetchInSession(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.delete("authorization");
  headers.set("x-pbt-session", "1");
  const response = await fetch(url, { ...init, headers, credentials: "same-origin" });
  noteServerTime(response.headers.get("date"), Date.now());
  if (response.status === 401) onSignedOut();
  return response;
}

/** A person who is asked to wait longer is told so, and tries again or not, ms. */
const LONGEST_WAIT_MS = 2_000;

/** The client that all pages use: the same as everybody's, signed in by a cookie. */
export const api = new PbtEdge({
  baseUrl: location.origin,
  apiKey: "session",
  allowHttp: true,
  fetch: fetchInSession,
  longestWaitMs: LONGEST_WAIT_MS,
});

import { webhookUrlFault } from "../../domain/webhooks/webhook-url.ts";
import type { Clock } from "../../lib/clock.ts";
import { fromBase64, toBase64, utf8 } from "../../lib/encoding.ts";
import { HostRefused } from "../system/public-fetch.ts";

const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;
const TIMEOUT_MS = 15_000;
const GONE = 410;

/** What sending a webhook needs. */
export interface SendDeps extends Clock {
  /** Throws `HostRefused` for a name that nothing may be sent to. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Origins that a webhook may have although they are neither https nor public. */
  webhookOrigins: readonly string[];
}

/** A message to a receiver. Its id is the same at every attempt. */
export interface SignedMessage {
  url: string;
  secret: string;
  id: string;
  body: string;
  /** Names what the message is about in a trace; null where no trace is known. */
  traceparent?: string | null;
}

/** What the receiver said: its status, and the reason if it did not take the message. */
export interface SendResult {
  status: number | null;
  fault: string | null;
}

/** A secret that signs webhooks, `whsec_` and base64. */
export function newSigningSecret(): string {
  return SECRET_PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

/**
 * Posts a message, signed per Standard Webhooks (specification 1.0.0,
 * github.com/standard-webhooks). A receiver that says that it never will take it (410) has taken
 * it.
 */
export async function sendSigned(deps: SendDeps, message: SignedMessage): Promise<SendResult> {
  const { url, secret, id, body, traceparent } = message;
  const fault = webhookUrlFault(url, deps.webhookOrigins);
  if (fault !== null) return { status: null, fault: `the address ${fault}` };
  try {
    const headers = await signedHeaders(secret, id, Math.floor(deps.now() / 1000), body);
    const response = await deps.fetch(url, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        "user-agent": "pbt-edge",
        ...(traceparent && { traceparent }),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const { status } = response;
    return { status, fault: response.ok || status === GONE ? null : `status ${status}` };
  } catch (error) {
    if (error instanceof HostRefused) return { status: null, fault: `the address ${error.message}` };
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return { status: null, fault: isLate ? "no answer in time" : "no connection" };
  }
}

/**
 * The three headers of Standard Webhooks. The signature is an HMAC-SHA-256 of `id.timestamp.body`
 * under the bytes of the secret; `timestamp` is in Unix seconds.
 */
async function signedHeaders(
  secret: string,
  id: string,
  timestamp: number,
  body: string,
): Promise<Record<string, string>> {
  const raw = fromBase64(secret.slice(SECRET_PREFIX.length));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, utf8(`${id}.${timestamp}.${body}`));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${toBase64(new Uint8Array(signature))}`,
  };
}

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** The number of requests that are kept, and of the bytes of a body that is. */
const CAPACITY = 64;
const BODY_LIMIT = 256 * 2 ** 10;
/** Headers that hold a key. */
const SECRET = ["authorization", "x-api-key", "api-key"];

/** A request as a provider gets it. */
export interface SentRequest {
  /** That of its call in the log. */
  seq: number;
  method: string;
  /** With the query. */
  target: string;
  /** Without those that hold a key. */
  headers: Record<string, unknown>;
  /** Null for more than 256 KiB. */
  body: string | null;
}

interface KeptRequest {
  seq: number;
  method: string;
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | null;
}

/** The newest requests, whole: by them a test sees that a gateway changed nothing on the way. */
export class RequestLog {
  #kept: KeptRequest[] = [];

  /** Keeps the request of the call that the log numbers `seq`. */
  keep(seq: number, { method = "", url = "", headers }: IncomingMessage, body: Buffer): void {
    this.#kept.push({ seq, method, target: url, headers, body: body.length > BODY_LIMIT ? null : body });
    if (this.#kept.length > CAPACITY) this.#kept.shift();
  }

  /** The requests after the call numbered `since`, oldest first. */
  since(since = 0): SentRequest[] {
    return this.#kept
      .filter(({ seq }) => seq > since)
      .map(({ headers, body, ...request }) => ({ ...request, headers: withoutKeys(headers), body: textOf(body) }));
  }

  /** Drops all requests. */
  reset(): void {
    this.#kept = [];
  }
}

function withoutKeys(headers: IncomingHttpHeaders): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET.includes(name)));
}

function textOf(body: Buffer | null): string | null {
  return body === null ? null : body.toString("utf8");
}

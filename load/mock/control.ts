import type { IncomingMessage, ServerResponse } from "node:http";

import { parseLimitSettings } from "./limits.ts";
import { resetState } from "./mock-state.ts";
import type { MockState } from "./mock-state.ts";
import { ProfileError } from "./profile.ts";
import { parseProfileSettings } from "./profile-store.ts";
import { readBody } from "./request-body.ts";

/** The prefix of all control routes. */
export const CONTROL_PREFIX = "/__mock/";

/**
 * Serves the control routes below {@link CONTROL_PREFIX}: `PUT|GET profile`, `PUT|GET limits`,
 * `GET|DELETE calls` (`?since=<seq>&limit=<n>`), `GET requests` (`?since=<seq>`, the newest calls
 * as they were sent), `GET stats`, `POST reset`, `GET health`. Errors are
 * `{"error": {"message"}}`.
 */
export async function handleControl(
  state: MockState,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await control(state, url, request);
    if (answer === undefined)
      sendJson(response, 404, { error: { message: `no control route ${request.method} ${url.pathname}` } });
    else sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    sendJson(response, 400, { error: { message: error.message } });
  }
}

async function control(state: MockState, url: URL, request: IncomingMessage): Promise<object | undefined> {
  switch (`${request.method} ${url.pathname.slice(CONTROL_PREFIX.length)}`) {
    case "GET health":
      return { ok: true, total: state.log.stats().total, in_flight: state.log.stats().in_flight };
    case "GET stats":
      return state.log.stats();
    case "GET calls":
      return state.log.page(numberParameter(url, "since"), numberParameter(url, "limit"));
    case "GET requests":
      return { requests: state.requests.since(numberParameter(url, "since")) };
    case "DELETE calls":
      state.log.clear();
      return { ok: true };
    case "POST reset":
      resetState(state);
      return { ok: true };
    case "GET profile":
      return state.profiles.current();
    case "PUT profile":
      state.profiles.configure(parseProfileSettings(await jsonBody(request)));
      return state.profiles.current();
    case "GET limits":
      return state.limits.current();
    case "PUT limits":
      state.limits.configure(parseLimitSettings(await jsonBody(request)));
      return state.limits.current();
    default:
      return undefined;
  }
}

/** Sends a JSON answer. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": `${Buffer.byteLength(text)}` });
  response.end(text);
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  if (typeof body === "string") throw new ProfileError("the body is too large");
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ProfileError("the body is not JSON");
  }
}

function numberParameter(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new ProfileError(`"${name}" must be a whole number from 0`);
  return value;
}

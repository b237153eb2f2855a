import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { delivered } from "./deliver.ts";
import { failureOf, sendError } from "./delivery.ts";
import type { MockState } from "./mock-state.ts";
import type { Wire } from "./wire.ts";
import { sendBody } from "./whole-delivery.ts";

/** The model of `GET /v1/models/{id}`, or undefined where the request is another. */
export function modelAskedFor(target: string): string | undefined {
  const [, encoded] = /^GET \/v1\/models\/([^/]+)$/.exec(target) ?? [];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}

/**
 * Says what a model is, any that a completion could be asked of, as the key's standing profile wants it: its delays and faults are those of completions. It takes nothing from the
 * queue of profiles and counts against no limit.
 */
export async function answerModel(
  state: MockState,
  wire: Wire,
  model: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = `req_${state.newId()}`;
  const key = wire.keyOf(request.headers);
  const path = `/v1/models/${model}`;
  const opening = { provider: wire.provider, path, key, request_id: requestId, body_sha256: hash("sha256", "") };
  const record = state.log.check(opening);
  const query = { seq: record.seq, key, model, marker: undefined, header: undefined, item: true };
  const profile = state.profiles.resolve(query);
  const headers = wire.headers(requestId, undefined, state.clock());
  const delivery = { response, wire, headers, requestId, record, profile, release: () => {} };
  if (key === "") sendError(delivery, wire.missingKey);
  else if (!(await delivered(delivery))) {
    const hidden = profile.fault === "error_in_200";
    const body = hidden ? wire.error(failureOf(delivery), requestId) : wire.model(model);
    await sendBody(delivery, "application/json", Buffer.from(JSON.stringify(body)));
  }
}

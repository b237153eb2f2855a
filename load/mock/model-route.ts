import { hash } from "node:crypto";

import { deliverInPlace } from "./deliver.ts";
import { failureOf, sendError } from "./delivery.ts";
import type { HttpExchange } from "./provider-call.ts";
import { sendBody } from "./whole-delivery.ts";
import type { Wire } from "./wire.ts";

/** The model that `GET /v1/models/{id}` names; undefined for other requests. */
export function requestedModel(target: string): string | undefined {
  const [, encoded] = /^GET \/v1\/models\/([^/]+)$/.exec(target) ?? [];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}

/**
 * Answers a request for a model; every model exists. Faults are those of completions with the key's
 * standing profile. Its delays are not, because they are the model's own. The request takes no
 * profile from the queue and counts against no limit.
 */
export async function answerModel({ state, request, response }: HttpExchange, wire: Wire, model: string) {
  const requestId = `req_${state.newId()}`;
  const key = wire.keyOf(request.headers);
  const path = `/v1/models/${model}`;
  const opening = { provider: wire.provider, path, key, request_id: requestId, body_sha256: hash("sha256", "") };
  const record = state.log.check(opening);
  const query = { seq: record.seq, key, model, marker: undefined, header: undefined, item: true };
  const profile = { ...state.profiles.resolve(query), delay_ms: undefined };
  const headers = wire.headers(requestId, undefined, state.clock());
  const delivery = { response, wire, headers, requestId, record, profile, release: () => {} };
  if (key === "" && wire.missingKey) sendError(delivery, wire.missingKey);
  else if (!(await deliverInPlace(delivery))) {
    const hidden = profile.fault === "error_in_200";
    const body = hidden ? wire.error(failureOf(delivery), requestId) : wire.model(model);
    await sendBody(delivery, "application/json", Buffer.from(JSON.stringify(body)));
  }
}

import type { ProviderName } from "../domain/completions/completion.ts";
import { classifyFailure, contextOf, errorInBody, isNotFound, malformed } from "./errors.ts";
import type { ProviderCall } from "./provider.ts";
import { isRecord } from "./wire.ts";

/** A request for a model that an SDK has sent. `asResponse` resolves with the headers. */
export interface SentModelRequest {
  sent: PromiseLike<unknown> & { asResponse(): Promise<Response> };
}

/** The `check` of a Provider over an SDK's request for the model. Throws AppError as that does. */
export async function checkModel(
  provider: ProviderName,
  call: ProviderCall,
  now: () => number,
  send: () => Promise<SentModelRequest> | SentModelRequest,
): Promise<void> {
  try {
    const { sent } = await send();
    const response = await sent.asResponse();
    const body = await sent;
    const error = errorInBody(body, response.headers, contextOf(provider, call, now()));
    if (error) throw error;
    if (!isRecord(body) || typeof body["id"] !== "string") throw malformed(provider, "something that is no model");
  } catch (error) {
    if (!isNotFound(error)) throw classifyFailure(error, contextOf(provider, call, now()));
  }
}

import type { ProviderName } from "../domain/completions/completion.ts";
import { classifyFailure, contextOf, errorInBody, isNotFound, malformed } from "./errors.ts";
import type { ProviderApi } from "./provider-api.ts";
import type { ProviderCall } from "./provider.ts";
import { isRecord } from "./wire.ts";

/** Where a provider is asked for a model. `now` returns epoch milliseconds. */
export interface ModelQuestion {
  provider: ProviderName;
  api: ProviderApi;
  path: () => string;
  now: () => number;
}

/** The `check` of a Provider: a request for the model. Throws AppError as that does. */
export async function checkModel({ provider, api, path, now }: ModelQuestion, call: ProviderCall): Promise<void> {
  try {
    const response = await api.open({ path: path() }, call);
    const body: unknown = JSON.parse(await response.text());
    const error = errorInBody(body, response.headers, contextOf(provider, call, now()));
    if (error) throw error;
    if (!isRecord(body) || typeof body["id"] !== "string") throw malformed(provider, "something that is no model");
  } catch (error) {
    if (!isNotFound(error)) throw classifyFailure(error, contextOf(provider, call, now()));
  }
}

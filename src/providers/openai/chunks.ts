import { APIError } from "openai/error";
import { isRecord } from "../wire.ts";

/**
 * The JSON of each server-sent event of a response, up to `[DONE]`. Does what the SDK's own stream
 * does, but for events without data: compatible servers send an empty `data:` to keep the
 * connection open, which is no JSON. Throws the SDK's APIError for an error inside the stream.
 */
export async function* chunksOf(response: Response): AsyncGenerator {
  const { _iterSSEMessages: messagesOf } = await import("openai/core/streaming");
  for await (const { event, data } of messagesOf(response, new AbortController())) {
    if (data === "[DONE]") return;
    if (data.trim() === "") continue;
    const chunk: unknown = JSON.parse(data);
    const error = isRecord(chunk) ? chunk["error"] : undefined;
    if (event === "error" || error) {
      throw new APIError(undefined, Object(error ?? chunk), undefined, response.headers);
    }
    yield chunk;
  }
}

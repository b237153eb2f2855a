import { stableJson } from "../../lib/stable-json.ts";
import type { CompletionRequest } from "./completion.ts";
import type { Upstream } from "./upstream.ts";

/** Everything that an answer depends on. `epoch` is the prompt's cache epoch; a purge raises it. */
export interface CacheKeyParts extends Pick<
  CompletionRequest,
  | "provider"
  | "model"
  | "messages"
  | "parameters"
  | "output_schema"
  | "output_format"
  | "reasoning"
  | "tools"
  | "tool_choice"
  | "parallel_tool_calls"
  | "relay"
> {
  tenant_id: string;
  content_hash: string;
  epoch: number;
  /** Another server under the same name gives other answers. */
  upstream?: Upstream;
  /** The form of the answer, which matters where it is relayed. */
  form?: "whole" | "stream";
}

/**
 * The version of the stored format. Raise it when the format changes, so that old entries are never
 * read.
 */
const FORMAT = 1;

/**
 * The text whose SHA-256 is the cache key. It is canonical JSON: the order of an object's members
 * does not change the key, and everything else does.
 */
export function cacheKeyText(parts: CacheKeyParts): string {
  const { tenant_id, content_hash, epoch, provider, model, messages, parameters, output_schema } = parts;
  const { upstream, output_format, reasoning, tools, tool_choice, parallel_tool_calls, relay, form } = parts;
  return stableJson({
    format: FORMAT,
    tenant_id,
    content_hash,
    epoch,
    provider,
    model,
    upstream: upstream && [upstream.kind, upstream.base_url],
    messages: messages.map(({ role, content, reasoning_blocks, tool_calls, tool_call_id }) => ({
      role,
      content,
      reasoning_blocks,
      tool_calls,
      tool_call_id,
    })),
    parameters,
    output_schema,
    output_format,
    reasoning: reasoning === true ? true : undefined,
    tools,
    tool_choice,
    parallel_tool_calls,
    // What is relayed is a body or events, and never one in place of the other.
    relay: relay && [relay.door, relay.body, relay.headers, form, relay.tells_usage, relay.is_written],
  });
}

import { isRecord } from "../json-schema/values.ts";
import type { Candidate } from "./candidate.ts";
import type { CompletionInput } from "./completion.ts";
import { providerOfDoor } from "./relay.ts";
import { wireOf } from "./upstream.ts";

/** How long a prompt is kept at the price of the shorter time: at Anthropic, and at OpenAI. */
const SHORTER: ReadonlySet<unknown> = new Set(["5m", "30m"]);

/**
 * Whether a candidate may write the prompt to its cache for the longer time: it is asked to by a
 * `ttl` in what it is sent. One that stands in a tool's input for something else counts, too: it
 * costs a larger reservation only.
 */
export function asksForLongerWrites(
  candidate: Pick<Candidate, "provider" | "upstream">,
  { messages, tools, parameters, relay }: Pick<CompletionInput, "messages" | "tools" | "parameters" | "relay">,
): boolean {
  const wire = wireOf(candidate);
  const isRelayed = relay?.body !== undefined && providerOfDoor(relay.door) === wire;
  // In our own terms OpenAI's cache is never asked for the longer time.
  const said = isRelayed ? [relay.body] : wire === "anthropic" ? [messages, tools] : [];
  return hasLongerTtl([...said, wire && parameters.provider_options?.[wire]]);
}

/** Looks everywhere: the places where a format has a `ttl` are many, and grow. */
function hasLongerTtl(parts: unknown[]): boolean {
  // Without recursion, because a body may be as deep as it is long.
  for (const open = parts; open.length > 0;) {
    const value = open.pop();
    if (Array.isArray(value)) for (const each of value) open.push(each);
    else if (isRecord(value)) {
      if (typeof value["ttl"] === "string" && !SHORTER.has(value["ttl"])) return true;
      for (const each of Object.values(value)) if (typeof each === "object") open.push(each);
    }
  }
  return false;
}

import type { Completion, FinishReason, ProviderName, Usage } from "../../domain/completions/completion.ts";
import { STANDARD_TIER } from "../../domain/completions/service-tiers.ts";
import type { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import { malformed } from "../errors.ts";
import { isRecord, part, recordOr, textOr, tokenCount } from "../wire.ts";
import { reasoningBlockIn } from "./reasoning-items.ts";
import { partsOfInput, partsOfOutput } from "./response.ts";

/**
 * Items of an output that are billed by use, at a price that no table of ours has. Searches of the
 * web have one. Calls of MCP servers cost their tokens only.
 * Source: developers.openai.com/api/docs/pricing ("Built-in tools"), read on 2026-11-26.
 */
const UNPRICED_ITEMS: ReadonlySet<unknown> = new Set([
  "code_interpreter_call",
  "file_search_call",
  "image_generation_call",
  "shell_call",
]);

/**
 * Converts the usage of a response, and the uses of tools in it; null if it is missing or faulty.
 */
export function toResponseUsage(response: Record<string, unknown>): Usage | null {
  const { usage, service_tier: tier } = response;
  if (!isRecord(usage)) return null;
  const prompt = tokenCount(usage["input_tokens"]);
  const completion = tokenCount(usage["output_tokens"]);
  if (prompt === undefined || completion === undefined) return null;
  const details = recordOr(usage["input_tokens_details"]);
  const cached = tokenCount(details["cached_tokens"]);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached !== undefined && cached <= prompt && { cached_tokens: cached }),
    ...partsOfInput(details, prompt),
    ...partsOfOutput(recordOr(usage["output_tokens_details"]), completion),
    ...usesOfTools(response),
    ...(typeof tier === "string" && tier !== STANDARD_TIER && { service_tier: tier }),
  };
}

/** What a response counts, also where it failed or is of no use. */
export function statedInResponse(body: unknown, model: string): UnusableAnswer["stated"] | undefined {
  const response = recordOr(body);
  const usage = toResponseUsage(response);
  return usage ? { usage, model: textOr(response["model"], model) } : undefined;
}

/**
 * How often the provider's own tools were used. The older search tool has prices of its own, so its
 * searches are not those that the price table knows.
 */
function usesOfTools({ output, tool_usage, tools }: Record<string, unknown>): Partial<Usage> {
  const items = listOf(output);
  const unpriced = items.filter(({ type }) => UNPRICED_ITEMS.has(type)).length;
  const calls = items.filter(({ type, action }) => type === "web_search_call" && isSearch(action)).length;
  const searches = tokenCount(recordOr(recordOr(tool_usage)["web_search"])["num_requests"]) ?? calls;
  const isOlder = listOf(tools).some(({ type }) => textOr(type, "").startsWith("web_search_preview"));
  return isOlder
    ? part("unpriced_uses", unpriced + searches, Infinity)
    : { ...part("web_searches", searches, Infinity), ...part("unpriced_uses", unpriced, Infinity) };
}

/** Whether an action is a search, and does not only open or look through a page. */
function isSearch(action: unknown): boolean {
  return textOr(recordOr(action)["type"], "search") === "search";
}

/** The objects of a list; none of anything else. */
export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}

/** The call of a function in an item; none where it is another item. */
export function callIn({ type, call_id, id, name, arguments: text }: Record<string, unknown>): ToolCall[] {
  if (type !== "function_call" || typeof name !== "string") return [];
  return [{ id: textOr(call_id, textOr(id, "")), name, arguments: textOr(text, "") }];
}

/** Why a response ended; undefined where it has not. */
export function finishOf(response: Record<string, unknown>, hasCalls: boolean): FinishReason | undefined {
  if (response["status"] === "completed") return hasCalls ? "tool_calls" : "stop";
  if (response["status"] !== "incomplete") return undefined;
  const reason = recordOr(response["incomplete_details"])["reason"];
  if (reason === "max_output_tokens") return "length";
  return reason === "content_filter" ? "content_filter" : "other";
}

/** What the messages of an output say, and whether they refuse. */
function saidIn(items: readonly Record<string, unknown>[]): { text: string; isRefused: boolean } {
  const contents = items.filter(({ type }) => type === "message").flatMap(({ content }) => listOf(content));
  const refusal = contents.map((content) => textOr(content["refusal"], "")).join("");
  const text = contents
    .map((content) => (content["type"] === "output_text" ? textOr(content["text"], "") : ""))
    .join("");
  return { text: refusal === "" ? text : refusal, isRefused: refusal !== "" };
}

/** The summaries of the model's reasoning, or the reasoning itself where the model gives it. */
function reasoningIn(items: readonly Record<string, unknown>[]): string {
  const parts = items
    .filter(({ type }) => type === "reasoning")
    .flatMap(({ summary, content }) => [...listOf(summary), ...listOf(content)]);
  return parts.map(({ text }) => textOr(text, "")).join("\n\n");
}

/**
 * Converts a whole answer of POST /responses. A refusal becomes the finish reason `content_filter`
 * with the refusal as its text. `model` is the requested model. Throws AppError `provider_error`
 * if the body does not follow the format, or has not ended.
 */
export function toCompletionOfResponse(body: unknown, model: string, provider: ProviderName = "openai"): Completion {
  if (!isRecord(body)) throw malformed(provider, "a body that is no response");
  const stated = statedInResponse(body, model);
  const broken = (what: string) => malformed(provider, what, stated);
  if (!Array.isArray(body["output"])) throw broken("a body that is no response");
  const items = listOf(body["output"]);
  const tool_calls = items.flatMap(callIn);
  const finish = finishOf(body, tool_calls.length > 0);
  if (finish === undefined) throw broken("a response that has not ended");
  const { text, isRefused } = saidIn(items);
  const reasoning = reasoningIn(items);
  const reasoning_blocks = items.flatMap(reasoningBlockIn);
  const response_id = textOr(body["id"], "");
  return {
    text,
    ...(tool_calls.length > 0 && { tool_calls }),
    ...(reasoning !== "" && { reasoning }),
    ...(reasoning_blocks.length > 0 && { reasoning_blocks }),
    ...(response_id !== "" && { response_id }),
    finish_reason: isRefused ? "content_filter" : finish,
    usage: stated?.usage ?? null,
    model: textOr(body["model"], model),
  };
}

import type { ServerResponse } from "node:http";

import { tokensByKind } from "../../src/domain/completions/prices.ts";
import type { CostKind } from "../../src/domain/completions/cost-lines.ts";
import { billedLines, type BilledUsage, billedUsage } from "./billed-usage.ts";
import { sendJson } from "./control.ts";
import type { MockState } from "./mock-state.ts";

const HOUR_MS = 3_600_000;
const NANOUSD = 1e9;
const CENT_NANOUSD = 1e7;

/** A span of the export (ms) with what was billed in it. */
interface Bucket {
  from: number;
  to: number;
  billed: BilledUsage[];
}

/** A cost by what it is for, in nano-dollars. */
type Costs = Map<string, { model: string; kind: CostKind; isBatch: boolean; nanousd: number }>;

/**
 * Answers the providers' usage and cost exports from the log of calls: OpenAI's
 * `/v1/organization/usage/completions`, `/usage/embeddings` and `/costs`, Anthropic's
 * `/v1/organizations/usage_report/messages` and `/cost_report`. They are grouped as finely as the
 * real ones can be, on one page. `api_key_ids[]` takes the keys themselves. False for other paths.
 */
export function answerExport(state: MockState, url: URL, response: ServerResponse): boolean {
  switch (url.pathname) {
    case "/v1/organization/usage/completions":
      sendJson(response, 200, openaiPage(bucketsOf(state, url, "openai"), openaiUsage));
      return true;
    case "/v1/organization/usage/embeddings":
      sendJson(response, 200, openaiPage(bucketsOf(state, url, "openai"), embeddingsUsage));
      return true;
    case "/v1/organization/costs":
      sendJson(response, 200, openaiPage(bucketsOf(state, url, "openai"), openaiCosts));
      return true;
    case "/v1/organizations/usage_report/messages":
      sendJson(response, 200, anthropicPage(bucketsOf(state, url, "anthropic"), anthropicUsage));
      return true;
    case "/v1/organizations/cost_report":
      sendJson(response, 200, anthropicPage(bucketsOf(state, url, "anthropic"), anthropicCosts));
      return true;
    default:
      return false;
  }
}

/**
 * The buckets between the times of the query; an hour or a day wide (a day where nothing is said).
 */
function bucketsOf(state: MockState, { searchParams }: URL, provider: "openai" | "anthropic"): Bucket[] {
  const width = searchParams.get("bucket_width") === "1h" ? HOUR_MS : 24 * HOUR_MS;
  const time = (name: string, fallback: number) => {
    const text = searchParams.get(name);
    if (text === null) return fallback;
    return provider === "openai" ? Number(text) * 1000 : Date.parse(text);
  };
  const [start, end] = provider === "openai" ? ["start_time", "end_time"] : ["starting_at", "ending_at"];
  const from = Math.floor(time(start ?? "", state.clock()) / width) * width;
  const to = time(end ?? "", state.clock());
  const keys = searchParams.getAll("api_key_ids[]");
  const billed = billedUsage(state, provider).filter(({ key }) => keys.length === 0 || keys.includes(key));
  const count = Math.max(1, Math.min(2_000, Math.ceil((to - from) / width)));
  return Array.from({ length: count }, (_, index) => {
    const bucket = { from: from + index * width, to: from + (index + 1) * width };
    return { ...bucket, billed: billed.filter(({ at }) => at >= bucket.from && at < bucket.to) };
  });
}

function openaiPage(buckets: Bucket[], resultsOf: (billed: BilledUsage[]) => object[]): object {
  const data = buckets.map(({ from, to, billed }) => ({
    object: "bucket",
    start_time: from / 1000,
    end_time: to / 1000,
    results: resultsOf(billed),
  }));
  return { object: "page", data, has_more: false, next_page: null };
}

function anthropicPage(buckets: Bucket[], resultsOf: (billed: BilledUsage[]) => object[]): object {
  const data = buckets.map(({ from, to, billed }) => ({
    starting_at: new Date(from).toISOString(),
    ending_at: new Date(to).toISOString(),
    results: resultsOf(billed),
  }));
  return { data, has_more: false, next_page: null };
}

function openaiUsage(billed: BilledUsage[]): object[] {
  return groups(billed.filter(({ isEmbedding }) => isEmbedding !== true)).map((same) => {
    const [first] = same;
    const sum = summing(same);
    const input =
      sum("input") + sum("image_input") + sum("audio_input") + sum("cache_write_5m") + sum("cache_write_1h");
    return {
      object: "organization.usage.completions.result",
      input_tokens: input + sum("cached_input"),
      output_tokens: sum("output") + sum("reasoning") + sum("audio_output"),
      input_cached_tokens: sum("cached_input"),
      input_uncached_tokens: input,
      input_cache_write_tokens: sum("cache_write_5m") + sum("cache_write_1h"),
      input_audio_tokens: sum("audio_input"),
      input_image_tokens: sum("image_input"),
      output_audio_tokens: sum("audio_output"),
      num_model_requests: same.length,
      project_id: null,
      user_id: null,
      api_key_id: null,
      model: first?.model,
      batch: first?.isBatch,
      service_tier: first?.usage.service_tier ?? "default",
    };
  });
}

function embeddingsUsage(billed: BilledUsage[]): object[] {
  return groups(billed.filter(({ isEmbedding }) => isEmbedding)).map((same) => ({
    object: "organization.usage.embeddings.result",
    input_tokens: summing(same)("input"),
    num_model_requests: same.length,
    project_id: null,
    user_id: null,
    api_key_id: null,
    model: same[0]?.model,
  }));
}

function openaiCosts(billed: BilledUsage[]): object[] {
  const names: Partial<Record<CostKind, string>> = {
    cached_input: "cached input",
    cache_write_5m: "cache write",
    cache_write_1h: "cache write",
  };
  return [...costsOf("openai", billed).values()].map(({ model, kind, isBatch, nanousd }) => {
    const [modality, direction] = /^(audio|image)_(input|output)$/.exec(kind)?.slice(1) ?? [];
    const name = direction ?? names[kind] ?? (kind === "reasoning" ? "output" : kind);
    return {
      object: "organization.costs.result",
      amount: { value: nanousd / NANOUSD, currency: "usd" },
      line_item: `${isBatch ? "batch | " : ""}${model}${modality ? ` ${modality}` : ""}, ${name}`,
      project_id: null,
    };
  });
}

function anthropicUsage(billed: BilledUsage[]): object[] {
  return groups(billed).map((same) => {
    const [first] = same;
    const sum = summing(same);
    const searches = same.reduce((total, { usage }) => total + (usage.web_searches ?? 0), 0);
    return {
      uncached_input_tokens: sum("input") + sum("image_input"),
      cache_creation: {
        ephemeral_5m_input_tokens: sum("cache_write_5m"),
        ephemeral_1h_input_tokens: sum("cache_write_1h"),
      },
      cache_read_input_tokens: sum("cached_input"),
      output_tokens: sum("output") + sum("reasoning"),
      server_tool_use: { web_search_requests: searches },
      api_key_id: null,
      workspace_id: null,
      model: first?.model,
      service_tier: first?.isBatch ? "batch" : "standard",
      context_window: null,
    };
  });
}

function anthropicCosts(billed: BilledUsage[]): object[] {
  const types: Partial<Record<CostKind, string>> = {
    input: "uncached_input_tokens",
    cached_input: "cache_read_input_tokens",
    cache_write_5m: "cache_creation.ephemeral_5m_input_tokens",
    cache_write_1h: "cache_creation.ephemeral_1h_input_tokens",
    output: "output_tokens",
    reasoning: "output_tokens",
  };
  return [...costsOf("anthropic", billed).values()].map(({ model, kind, isBatch, nanousd }) => ({
    amount: (nanousd / CENT_NANOUSD).toFixed(9),
    currency: "USD",
    cost_type: types[kind] === undefined ? kind : "tokens",
    description: types[kind] === undefined ? "Web Search Usage" : `${model} Usage - ${types[kind]}`,
    model: types[kind] === undefined ? null : model,
    token_type: types[kind] ?? null,
    service_tier: isBatch ? "batch" : "standard",
    context_window: null,
    workspace_id: null,
  }));
}

function groups(billed: BilledUsage[]): BilledUsage[][] {
  const tierOf = ({ usage }: BilledUsage) => usage.service_tier ?? "";
  return [...Map.groupBy(billed, (each) => `${each.model}/${each.isBatch}/${tierOf(each)}`).values()];
}

function summing(billed: BilledUsage[]) {
  return (kind: CostKind): number =>
    billed
      .flatMap(({ usage }) => tokensByKind(usage))
      .reduce((sum, [of, tokens]) => (of === kind ? sum + tokens : sum), 0);
}

function costsOf(provider: "openai" | "anthropic", billed: BilledUsage[]): Costs {
  const costs: Costs = new Map();
  for (const each of billed) {
    const { model, isBatch } = each;
    for (const { kind, nanousd } of billedLines(provider, each)) {
      const name = `${model}/${isBatch}/${kind}`;
      const known = costs.get(name)?.nanousd ?? 0;
      costs.set(name, { model, kind, isBatch, nanousd: known + nanousd });
    }
  }
  return costs;
}

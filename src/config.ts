import * as z from "zod";
import { PROVIDERS } from "./domain/completions/completion.ts";
import { isCallable } from "./domain/callable-address.ts";
import { KEY_STRATEGIES } from "./domain/gate/protocol/key-strategy.ts";

/** The secrets that a deployment may omit. `wrangler types` knows all others. */
export interface OptionalSecrets {
  OPENAI_API_KEY?: string;
  OPENAI_API_KEYS?: string;
  ANTHROPIC_API_KEY?: string;
  ANTHROPIC_API_KEYS?: string;
  OTEL_EXPORTER_OTLP_HEADERS?: string;
}

const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((part) => part.trim() || []));
const positive = z.coerce.number().int().positive();
const origins = list.refine(
  (all) => all.every((origin) => URL.parse(origin)?.origin === origin && !origin.includes("*") && isCallable(origin)),
  "must be origins such as https://llm.example.com, or http ones on this machine",
);
const tenants = list
  .refine((ids) => ids.every((id) => /^ten_[\w-]+$/.test(id)), "must be ids of tenants, such as ten_0198…, with commas")
  .transform((ids) => new Set(ids));
const count = z.coerce.number().int().nonnegative();
/** `name=value` pairs with commas between them, percent-encoded (OpenTelemetry's own format). */
const otlpHeaders = list.transform((pairs, context): Record<string, string> => {
  try {
    return Object.fromEntries(pairs.map(otlpHeader));
  } catch {
    context.addIssue({ code: "custom", message: "must be pairs such as name=value, with commas between them" });
    return z.NEVER;
  }
});
const optionalUrl = z.union([z.literal(""), z.url()]).default("");
const DAY_MS = 86_400_000;
/** Half of the time for which a caller's bookmark says something, so that no clock shortens that. */
const MOST_REPLICA_LAG_MS = 30_000;

/** The variables and secrets of a deployment. `wrangler.toml` says what each one means. */
const variables = z.object({
  PBT_ENV: z.string().regex(/^[a-z0-9]{1,16}$/),
  PBT_ROOT_KEY: z.string().min(16),
  KEY_PEPPER: z.string().min(16),
  KEY_ENCRYPTION_KEY: z.base64().refine((text) => atob(text).length === 32, "must be 32 bytes in base64"),
  MAX_BODY_BYTES: positive,
  MAX_INPUT_BODY_BYTES: positive.default(8_388_608),
  CONNECT_TIMEOUT_MS: positive.default(2_000),
  FIRST_BYTE_TIMEOUT_MS: positive,
  READ_TIMEOUT_MS: positive,
  EXECUTION_TIMEOUT_MS: positive,
  POINTER_FRESH_MS: positive,
  POINTER_BOUND_MS: positive,
  PROMPT_LAST_GOOD_MS: positive,
  KEY_LAST_GOOD_MS: positive,
  CACHE_TIMEOUT_MS: positive,
  STORAGE_TIMEOUT_MS: positive.default(10_000),
  REPLICA_MAX_LAG_MS: count.max(MOST_REPLICA_LAG_MS).default(1_000),
  ANSWER_EDGE_TTL_S: positive,
  ANSWER_KV_TTL_S: positive,
  TENANT_RATE_PER_S: positive.default(2_000),
  TENANT_BURST: positive.default(5_000),
  LARGE_TENANTS: tenants,
  FAILED_AUTH_BURST: positive.default(100),
  FAILED_AUTH_PER_MIN: positive.default(60),
  CORS_ORIGINS: list,
  KEY_STRATEGY: z.enum(KEY_STRATEGIES).default("least_busy"),
  EXECUTOR_CONCURRENCY: positive.default(100),
  TEST_CONCURRENCY: positive.default(50),
  TEST_JUDGE_MODEL: z.string().min(1).default("gpt-4o-mini"),
  OPTIMIZER_MODEL: z.string().min(1).default("gpt-4o"),
  LEASE_MS: positive.default(2_000),
  FREE_CALLS: z.coerce.number().int().nonnegative().default(2),
  LOG_SAMPLE: z.coerce.number().min(0).max(1).default(0.01),
  LOG_SLOW_MS: positive.default(30_000),
  RECORD_TIMEOUT_MS: positive.default(2_000),
  INTENT_MARGIN_MS: positive.default(600_000),
  INTENT_RESEND_MS: positive.default(900_000),
  LEDGER_RECENT_DAYS: count.default(7),
  LEDGER_ARCHIVE_DAYS: count.default(0),
  LEDGER_MAX_BYTES: positive.default(5_000_000_000),
  AUDIT_KEPT_DAYS: positive.default(400),
  BATCH_LEASE_MS: positive,
  BATCH_WAKE_AFTER_MS: positive,
  BATCH_ITEMS_AT_ONCE: positive,
  BATCH_KEPT_DAYS: positive.default(30),
  BATCH_MAX_OPEN_BYTES: positive.default(1_000_000_000),
  WEBHOOK_ORIGINS: list,
  TELEMETRY: z.enum(["on", "off"]).default("on"),
  UPSTREAM_ORIGINS: origins,
  OPENAI_BASE_URL: optionalUrl,
  ANTHROPIC_BASE_URL: optionalUrl,
  OPENAI_API_KEY: list,
  OPENAI_API_KEYS: list,
  ANTHROPIC_API_KEY: list,
  ANTHROPIC_API_KEYS: list,
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalUrl,
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders,
  OTEL_SEMCONV_STABILITY_OPT_IN: list,
  TRACE_SAMPLE: z.coerce.number().min(0).max(1).default(0.1),
  TRACE_SLOW_MS: positive.default(1_500),
});

const settings = variables.transform((vars) => ({
  env: vars.PBT_ENV,
  rootKey: vars.PBT_ROOT_KEY,
  keyPepper: vars.KEY_PEPPER,
  keyEncryptionKey: vars.KEY_ENCRYPTION_KEY,
  maxBodyBytes: vars.MAX_BODY_BYTES,
  maxInputBodyBytes: vars.MAX_INPUT_BODY_BYTES,
  callTimes: {
    connectMs: vars.CONNECT_TIMEOUT_MS,
    firstByteMs: vars.FIRST_BYTE_TIMEOUT_MS,
    readMs: vars.READ_TIMEOUT_MS,
  },
  executionTimeoutMs: vars.EXECUTION_TIMEOUT_MS,
  pointerFreshMs: vars.POINTER_FRESH_MS,
  pointerBoundMs: vars.POINTER_BOUND_MS,
  promptLastGoodMs: vars.PROMPT_LAST_GOOD_MS,
  keyLastGoodMs: vars.KEY_LAST_GOOD_MS,
  cacheTimeoutMs: vars.CACHE_TIMEOUT_MS,
  storageTimeoutMs: vars.STORAGE_TIMEOUT_MS,
  replicaMaxLagMs: vars.REPLICA_MAX_LAG_MS,
  answerEdgeTtlS: vars.ANSWER_EDGE_TTL_S,
  answerKvTtlS: vars.ANSWER_KV_TTL_S,
  tenantLimits: { rate_per_s: vars.TENANT_RATE_PER_S, burst: vars.TENANT_BURST },
  largeTenants: vars.LARGE_TENANTS,
  failedAuthentications: { burst: vars.FAILED_AUTH_BURST, perMinute: vars.FAILED_AUTH_PER_MIN },
  corsOrigins: vars.CORS_ORIGINS,
  gate: {
    strategy: vars.KEY_STRATEGY,
    concurrency: { execution: vars.EXECUTOR_CONCURRENCY, test: vars.TEST_CONCURRENCY },
    leaseMs: vars.LEASE_MS,
    freeCalls: vars.FREE_CALLS,
  },
  models: { judge: vars.TEST_JUDGE_MODEL, optimizer: vars.OPTIMIZER_MODEL },
  requestLog: { sample: vars.LOG_SAMPLE, slowMs: vars.LOG_SLOW_MS },
  recordTimeoutMs: vars.RECORD_TIMEOUT_MS,
  intents: { marginMs: vars.INTENT_MARGIN_MS, resendMs: vars.INTENT_RESEND_MS },
  ledger: ledgerIn(vars),
  auditKeptMs: vars.AUDIT_KEPT_DAYS * DAY_MS,
  batch: {
    leaseMs: vars.BATCH_LEASE_MS,
    wakeAfterMs: vars.BATCH_WAKE_AFTER_MS,
    itemsAtOnce: vars.BATCH_ITEMS_AT_ONCE,
    webhookOrigins: vars.WEBHOOK_ORIGINS,
    keptMs: vars.BATCH_KEPT_DAYS * DAY_MS,
    mostOpenBytes: vars.BATCH_MAX_OPEN_BYTES,
  },
  hasTelemetry: vars.TELEMETRY === "on",
  upstreamOrigins: vars.UPSTREAM_ORIGINS,
  providers: providersIn(vars),
  traces: tracesIn(vars),
}));

function providersIn(vars: z.infer<typeof variables>) {
  return {
    openai: {
      baseUrl: vars.OPENAI_BASE_URL || "https://api.openai.com/v1",
      apiKeys: [...new Set([...vars.OPENAI_API_KEYS, ...vars.OPENAI_API_KEY])],
    },
    anthropic: {
      baseUrl: vars.ANTHROPIC_BASE_URL || "https://api.anthropic.com",
      apiKeys: [...new Set([...vars.ANTHROPIC_API_KEYS, ...vars.ANTHROPIC_API_KEY])],
    },
  };
}

function ledgerIn(vars: z.infer<typeof variables>) {
  return {
    recentDays: vars.LEDGER_RECENT_DAYS,
    archiveDays: vars.LEDGER_ARCHIVE_DAYS,
    maxBytes: vars.LEDGER_MAX_BYTES,
  };
}

function tracesIn(vars: z.infer<typeof variables>) {
  return {
    endpoint: vars.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: vars.OTEL_EXPORTER_OTLP_HEADERS,
    sample: vars.TRACE_SAMPLE,
    slowMs: vars.TRACE_SLOW_MS,
    earlierNames: !vars.OTEL_SEMCONV_STABILITY_OPT_IN.includes("gen_ai_latest_experimental"),
  };
}

/**
 * The settings of the deployment. Times in milliseconds unless the name says otherwise, sizes in
 * bytes.
 */
export type Config = z.infer<typeof settings>;

/** Reads the settings. Throws an Error that names each faulty variable, and never its value. */
export function readConfig(env: Env & OptionalSecrets): Config {
  const parsed = settings.safeParse(env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The deployment's configuration is not usable: ${faults.join("; ")}`);
}

/** The origins that the Worker may call: those of the providers and of upstreams, and no others. */
export function egressOrigins(config: Config): { builtIn: string[]; upstreams: string[] } {
  const builtIn = PROVIDERS.map((provider) => new URL(config.providers[provider].baseUrl).origin);
  return { builtIn, upstreams: config.upstreamOrigins };
}

function otlpHeader(pair: string): [name: string, value: string] {
  const [name, ...value] = pair.split("=");
  if (!name || value.length === 0) throw new Error("not a pair");
  return [decodeURIComponent(name.trim()).toLowerCase(), decodeURIComponent(value.join("=").trim())];
}

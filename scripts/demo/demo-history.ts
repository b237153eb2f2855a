import type { PbtEdge } from "../../src/client/index.ts";
import { sendHistory } from "./history-door.ts";
import type { PastIncident, PastOfTenant, PastPrompt } from "./history.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Anomalies compare the last week with the weeks before it, of which two are needed. */
const DAYS = 28;

const OPENAI = { provider: "openai", model: "gpt-4o-mini", nanousdPerToken: { input: 150, output: 600 } } as const;
const ANTHROPIC = {
  provider: "anthropic",
  model: "claude-haiku-4-5",
  nanousdPerToken: { input: 1_000, output: 5_000 },
} as const;
const SHARED = { version: 1, label: "production", tags: [] };

const PROMPTS: PastPrompt[] = [
  {
    ...SHARED,
    ...OPENAI,
    prompt: "ticket-triage",
    rate: 9,
    latencyMs: 420,
    tokens: { input: 240, output: 12 },
    cached: 0.3,
  },
  {
    ...SHARED,
    ...ANTHROPIC,
    prompt: "support-reply",
    rate: 5,
    latencyMs: 1_300,
    tokens: { input: 380, output: 210 },
    cached: 0.05,
  },
  {
    ...SHARED,
    ...OPENAI,
    prompt: "translate",
    rate: 4,
    latencyMs: 650,
    tokens: { input: 120, output: 110 },
    cached: 0.15,
  },
];

const INCIDENTS: PastIncident[] = [
  { prompt: "support-reply", hoursAgo: 4, hours: 4, errors: 0.45, latency: 2.4 },
  { prompt: "translate", hoursAgo: 30, hours: 3, rate: 5 },
];

/**
 * Gives the demo tenant four weeks of a past with two incidents, so that insights, forecasts and
 * comparisons with the time before have something to say at once. Null where it has one already.
 */
export async function giveDemoPast(api: PbtEdge, door: string): Promise<number | null> {
  const { tenant, key } = await api.request("GET /v1/session");
  const to = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const at = (days: number) => new Date(to - days * DAY_MS).toISOString();
  const { data } = await api.request("GET /v1/usage", { query: { from: at(DAYS), to: at(1) } });
  if (data.some(({ executions }) => executions > 0)) return null;
  const past: PastOfTenant = {
    tenant_id: tenant.id,
    key_id: key.id,
    to,
    days: DAYS,
    seed: 1,
    prompts: PROMPTS,
    incidents: INCIDENTS,
  };
  return sendHistory(door, past);
}

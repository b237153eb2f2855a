import type { WebhookEvent } from "../webhooks/webhook-event.ts";
import type { BudgetWindow } from "./budget-window.ts";

/** The shares of a limit at which an alert is due where nothing else is said. */
export const DEFAULT_ALERTS: readonly number[] = [0.5, 0.8, 1];

/**
 * The most that may be spent in a day and in a month, in nano-dollars; null where there is none.
 */
export interface BudgetLimits {
  daily_nanousd: number | null;
  monthly_nanousd: number | null;
}

/**
 * A budget of a scope: `tenant`, `key:<id>` or `prompt:<name>`. `alerts` are shares of the limit,
 * ascending.
 */
export interface Budget extends BudgetLimits {
  scope: string;
  alerts: readonly number[];
}

/** How a budget stands in one of its windows, in nano-dollars. `resets_at` in Unix ms. */
export interface BudgetState {
  scope: string;
  window: BudgetWindow;
  limit: number;
  spent: number;
  /** What is lent to isolates: reserved for calls under way, or about to be. */
  reserved: number;
  resets_at: number;
}

/** A share of a limit that was reached, once for each window. `at` in Unix ms. */
export interface BudgetAlert extends Omit<BudgetState, "reserved"> {
  threshold: number;
  at: number;
  /** The execution that reached it, or the last of those that were told together. */
  traceparent?: string;
}

/** The event of an alert for the tenant's webhooks. Once for each window, by its key. */
export function alertEvent(alert: BudgetAlert): WebhookEvent {
  const { scope, window, threshold, limit, spent, resets_at, at, traceparent } = alert;
  return {
    type: "budget.alert",
    key: `budget.alert/${scope}/${window}/${resets_at}/${threshold}`,
    prompt: scope.startsWith(PROMPT_SCOPE) ? scope.slice(PROMPT_SCOPE.length) : null,
    at,
    ...(traceparent !== undefined && { traceparent }),
    data: {
      scope,
      window,
      threshold,
      limit_usd: usdOf(limit),
      spent_usd: usdOf(spent),
      resets_at: new Date(resets_at).toISOString(),
    },
  };
}

/** The limit of a budget in one of its windows, in nano-dollars; null where there is none. */
export function limitIn({ daily_nanousd, monthly_nanousd }: BudgetLimits, window: BudgetWindow): number | null {
  return window === "daily" ? daily_nanousd : monthly_nanousd;
}

const KEY_SCOPE = "key:";
const PROMPT_SCOPE = "prompt:";
const NANOUSD_PER_USD = 1e9;

/** The scope of an API key. */
export function keyScopeOf(keyId: string): string {
  return KEY_SCOPE + keyId;
}

/** The key that a scope names, or null where it names none. */
export function keyIdOf(scope: string): string | null {
  return scope.startsWith(KEY_SCOPE) ? scope.slice(KEY_SCOPE.length) : null;
}

/** A limit in nano-dollars; null where there is none. */
export function nanousdOf(usd: number | null | undefined): number | null {
  return usd === null || usd === undefined ? null : Math.round(usd * NANOUSD_PER_USD);
}

/** A limit in US dollars; null where there is none. */
export function usdOf(nanousd: number | null | undefined): number | null {
  return nanousd === null || nanousd === undefined ? null : nanousd / NANOUSD_PER_USD;
}

/** What the audit log tells of a budget. */
export function budgetFacts({ daily_nanousd, monthly_nanousd, alerts }: Budget) {
  return { daily_usd: usdOf(daily_nanousd), monthly_usd: usdOf(monthly_nanousd), alerts };
}

/** Every scope that an execution may belong to, whether it has a budget or not. */
export function scopesOf({ key_id, prompt_name }: { key_id: string; prompt_name: string }): string[] {
  const ofPrompt = prompt_name === "" ? [] : [PROMPT_SCOPE + prompt_name];
  return ["tenant", keyScopeOf(key_id), ...ofPrompt];
}

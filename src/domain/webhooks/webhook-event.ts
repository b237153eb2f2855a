/** The events that a webhook may ask for. */
export const WEBHOOK_EVENTS = [
  "prompt.published",
  "label.moved",
  "promotion.pending",
  "budget.alert",
  "anomaly.detected",
  "batch.completed",
  "test_run.completed",
] as const;
/** One of {@link WEBHOOK_EVENTS}. */
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** Something that happened to a tenant. */
export interface WebhookEvent {
  type: WebhookEventType;
  /** Unique among the tenant's events, so that one that is raised twice is sent once. */
  key: string;
  /** The prompt that it is about; null where it is about none. */
  prompt: string | null;
  /** When it happened, Unix ms. */
  at: number;
  data: Record<string, unknown>;
  /** The `traceparent` of what raised it, where that is known. */
  traceparent?: string;
}

/** What a webhook asks for. */
export interface WebhookSubscription {
  events: readonly WebhookEventType[];
  /** Names of prompts, or their beginnings with `*` behind them; null asks for all. */
  prompts: readonly string[] | null;
}

/** Whether a webhook asks for an event. Prompts only choose among events that are about one. */
export function isSubscribed({ events, prompts }: WebhookSubscription, { type, prompt }: WebhookEvent): boolean {
  if (!events.includes(type)) return false;
  if (prompts === null || prompt === null) return true;
  return prompts.some((name) => (name.endsWith("*") ? prompt.startsWith(name.slice(0, -1)) : prompt === name));
}

/** The body of a delivery, as Standard Webhooks recommends it. */
export function eventBody({ type, at, data }: { type: string; at: number; data: WebhookEvent["data"] }): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
}

/** Waits between the deliveries of a webhook, milliseconds, as Standard Webhooks recommends. */
const WEBHOOK_DELAYS_MS = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000];

/**
 * Milliseconds until the next delivery of a webhook after `attempts` failed deliveries, or null if
 * it is given up.
 */
export function webhookDelay(attempts: number): number | null {
  return WEBHOOK_DELAYS_MS[attempts - 1] ?? null;
}

import { createApp } from "./app.ts";
import { handleQueue, type QueueMessage } from "./queue.ts";
import { handleScheduled } from "./scheduled.ts";

export { ExecutionIntents } from "./durable-objects/execution-intents.ts";
export { Idempotency } from "./durable-objects/idempotency.ts";
export { Ledger } from "./durable-objects/ledger.ts";
export { Metrics } from "./durable-objects/metrics.ts";
export { ProviderGate } from "./durable-objects/provider-gate.ts";
export { SingleFlight } from "./durable-objects/single-flight.ts";
export { TenantBudgets } from "./durable-objects/tenant-budgets.ts";
export { TenantThrottle } from "./durable-objects/tenant-throttle.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  queue: handleQueue,
  scheduled: handleScheduled,
} satisfies ExportedHandler<Env, QueueMessage>;

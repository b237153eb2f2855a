import { createApp } from "./app.ts";
import type { Execution } from "./domain/execution.ts";
import { handleQueue } from "./queue.ts";

export { Idempotency } from "./durable-objects/idempotency.ts";
export { ProviderGate } from "./durable-objects/provider-gate.ts";
export { SingleFlight } from "./durable-objects/single-flight.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  queue: handleQueue,
} satisfies ExportedHandler<Env, Execution>;

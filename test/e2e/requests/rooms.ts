import { aliases } from "./aliases.ts";
import { audit } from "./audit.ts";
import { badBatches, batches } from "./batches.ts";
import { budgets } from "./budgets.ts";
import { chains } from "./chains.ts";
import { caching, idempotency } from "./caching.ts";
import { comparisons } from "./comparisons.ts";
import { deferred, usage } from "./deferred.ts";
import { doors } from "./doors.ts";
import { badExecutions, fallbacks, providerFailures } from "./execution-faults.ts";
import { executionLists, executions } from "./executions.ts";
import { gate, limits, parked } from "./gate.ts";
import { insights } from "./insights.ts";
import { keys } from "./keys.ts";
import { metrics } from "./metrics.ts";
import { optimizations } from "./optimizations.ts";
import { prices } from "./prices.ts";
import { promotions } from "./promotions.ts";
import { labels, prompts } from "./prompts.ts";
import { providerKeys } from "./provider-keys.ts";
import { richPrompts } from "./rich-prompts.ts";
import type { Room } from "./recorded-request.ts";
import { responses } from "./responses.ts";
import { security } from "./security.ts";
import { system } from "./system.ts";
import { telemetry } from "./telemetry.ts";
import { testRuns } from "./test-runs.ts";
import { upstreams } from "./upstreams.ts";
import { webhooks } from "./webhooks.ts";

/**
 * Every room but the neighbour's, in the order of the fixture. The batches come first: one of them
 * is cancelled before its lane's consumer wakes up, two seconds after the first wake-up.
 */
export const ROOMS: Room[] = [
  batches,
  deferred,
  system,
  security,
  keys,
  providerKeys,
  upstreams,
  prices,
  prompts,
  labels,
  aliases,
  executions,
  executionLists,
  richPrompts,
  responses,
  doors,
  badExecutions,
  caching,
  idempotency,
  usage,
  badBatches,
  gate,
  limits,
  parked,
  budgets,
  webhooks,
  telemetry,
  insights,
  testRuns,
  promotions,
  audit,
  comparisons,
  optimizations,
  chains,
  ...fallbacks,
  ...providerFailures,
  metrics,
];

/** Operations of the API's document that are not recorded, with the reason. */
export const NOT_RECORDED: Record<string, string> = {
  "POST /v1/responses/{id}/cancel":
    "whether a response still waits depends on the delivery of its queue; test/routes/doors-background.test.ts has it",
  "GET /v1/metrics/live": "it ends after five minutes; test/routes/metrics.test.ts has it",
  "POST /v1/admin/shards/moves": "buckets under way would change what others record; `npm run prove -- reshard` has it",
  "POST /v1/admin/shards/moves/{id}/cancel": "as above; test/services/shards/advance-moves.test.ts has it",
  "GET /v1/admin/shards": "it counts what all rooms wrote; `npm run prove -- reshard` has it",
};

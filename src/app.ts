import type { Hono } from "hono";
import { type Services, servicesOf } from "./deps/services.ts";
import { AppError, notFound } from "./domain/errors.ts";
import { aroundRequests } from "./middleware/around-requests.ts";
import type { AppEnv } from "./middleware/context.ts";
import { onError } from "./middleware/problem.ts";
import { auditRoutes } from "./routes/audit/audit.ts";
import { batchRoutes } from "./routes/batches/batches.ts";
import { budgetRoutes } from "./routes/budgets/budgets.ts";
import { chainLabelRoutes } from "./routes/chains/chain-labels.ts";
import { chainRoutes } from "./routes/chains/chains.ts";
import { chainRunRoutes } from "./routes/chains/chain-runs.ts";
import { doorRoutes } from "./routes/doors/doors.ts";
import { keptResponseRoutes } from "./routes/doors/kept-responses.ts";
import { modelRoutes } from "./routes/doors/models.ts";
import { countTokensRoutes } from "./routes/doors/count-tokens.ts";
import { executionRoutes } from "./routes/executions/executions.ts";
import { gateRoutes } from "./routes/gate/gate.ts";
import { metricsRoutes } from "./routes/metrics/metrics.ts";
import { keyRoutes } from "./routes/tenants/keys.ts";
import { aliasRoutes } from "./routes/prompts/aliases.ts";
import { promptDiffRoutes } from "./routes/prompts/diff-route.ts";
import { labelRoutes } from "./routes/prompts/labels.ts";
import { promptRoutes } from "./routes/prompts/prompts.ts";
import { priceRoutes } from "./routes/tenants/prices.ts";
import { providerRoutes } from "./routes/tenants/providers.ts";
import { sessionRoutes } from "./routes/tenants/session.ts";
import { upstreamRoutes } from "./routes/tenants/upstreams.ts";
import { allowedMethods } from "./routes/allowed-methods.ts";
import { promotionRoutes } from "./routes/promotions/promotions.ts";
import { createRouter } from "./routes/router.ts";
import { shardRoutes } from "./routes/shards/shards.ts";
import { systemRoutes } from "./routes/system.ts";
import { reconcileRoutes } from "./routes/usage/reconcile.ts";
import { anomalyRoutes } from "./routes/insights/anomalies.ts";
import { forecastRoutes } from "./routes/insights/forecast.ts";
import { slaRoutes } from "./routes/insights/sla.ts";
import { importTestRoutes } from "./routes/tests/import-tests.ts";
import { testRunRoutes } from "./routes/tests/test-runs.ts";
import { comparisonRoutes } from "./routes/comparisons/comparisons.ts";
import { optimizationRoutes } from "./routes/optimizations/optimizations.ts";
import { webhookRoutes } from "./routes/webhooks/webhooks.ts";
import { telemetryRoutes } from "./routes/telemetry/telemetry.ts";
import { usageRoutes } from "./routes/usage/usage.ts";

/** The routes of the API, as they follow each other in its document. */
export const ROUTES = [
  systemRoutes,
  keyRoutes,
  sessionRoutes,
  upstreamRoutes,
  providerRoutes,
  priceRoutes,
  promptRoutes,
  labelRoutes,
  promptDiffRoutes,
  aliasRoutes,
  gateRoutes,
  executionRoutes,
  doorRoutes,
  countTokensRoutes,
  keptResponseRoutes,
  modelRoutes,
  usageRoutes,
  reconcileRoutes,
  webhookRoutes,
  budgetRoutes,
  batchRoutes,
  metricsRoutes,
  telemetryRoutes,
  anomalyRoutes,
  forecastRoutes,
  slaRoutes,
  testRunRoutes,
  promotionRoutes,
  importTestRoutes,
  comparisonRoutes,
  optimizationRoutes,
  chainRoutes,
  chainLabelRoutes,
  chainRunRoutes,
  auditRoutes,
  shardRoutes,
];

/** The HTTP API. `services` builds the services of the routes from the bindings of an isolate. */
export function createApp(services: (env: Env) => Services = servicesOf): Hono<AppEnv> {
  const app = createRouter();
  app.onError(onError);
  app.notFound((c) => {
    const allow = allowedMethods(app.routes, c.req.path);
    const error =
      allow.length === 0
        ? notFound("route")
        : new AppError("method_not_allowed", `This path has no ${c.req.method}.`, { allow });
    // Not thrown: what is thrown here passes the middleware, which then adds no headers.
    return onError(error, c);
  });
  app.use(aroundRequests(services));
  for (const routes of ROUTES) app.route("/", routes);
  return app;
}

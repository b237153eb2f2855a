import type { Config } from "../config.ts";
import type { Providers } from "../providers/create-providers.ts";
import type { IsolatePlace } from "../domain/object-names.ts";
import { createAdmit } from "../services/gate/admit.ts";
import { CompletionMaker } from "../services/completions/make-completion.ts";
import type { ObserveExecution } from "../services/executions/ended-execution.ts";
import type { ExecutionIds } from "../services/executions/execution-ids.ts";
import { createExecutePrompt, type ExecutePrompt } from "../services/executions/execute-prompt.ts";
import { Flights } from "../services/completions/flights.ts";
import type { ProviderKeys } from "../services/tenants/provider-keys.ts";
import { obtainAnswer } from "../services/completions/obtain-answer.ts";
import type { IntentLog } from "../services/usage/intent-log.ts";
import type { RecordUsage } from "../services/usage/record-usage.ts";
import type { ResolvePrompt } from "../services/prompts/resolve-prompt.ts";
import type { RouteModel } from "../services/completions/route-model.ts";
import { TokenEstimator } from "../services/completions/token-estimator.ts";
import type { OpenBudget } from "../services/budgets/open-budget.ts";
import type { Caches } from "./caches.ts";
import { flightObject } from "./flight-object.ts";
import { nearGatesOf } from "./gates.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

/** What an execution is built over. */
export interface ExecutionParts {
  answers: Caches["answers"];
  providers: Providers["direct"];
  keysFor: ProviderKeys["keysFor"];
  newestKeysFor: ProviderKeys["newestKeysFor"];
  resolve: ResolvePrompt;
  route: RouteModel;
  record: RecordUsage;
  ids: ExecutionIds;
  intents: IntentLog;
  openBudget: OpenBudget;
  observe: ObserveExecution;
  keepsContent(tenantId: string): boolean;
  place: IsolatePlace;
}

/**
 * Executes a prompt: from its answer in the caches, from a flight that others are on, or through
 * the gate from a provider.
 */
export function buildExecution(env: Env, config: Config, parts: ExecutionParts): ExecutePrompt {
  const { answers, providers, keysFor, newestKeysFor } = parts;
  const { executionTimeoutMs } = config;
  const fresh_ms = config.answerEdgeTtlS * 1000;
  const completions = new CompletionMaker({
    ...clock,
    sleep,
    random: Math.random,
    providers,
    keysFor,
    admit: createAdmit({
      ...clock,
      sleep,
      defer,
      gateOf: nearGatesOf(env, config, parts.place),
      newestKeys: newestKeysFor,
      newId: () => crypto.randomUUID(),
      freeCalls: { most: config.gate.freeCalls, random: Math.random },
      onFault: report,
    }),
    tokens: new TokenEstimator(),
    times: config.callTimes,
  });
  const flights = new Flights({
    objectOf: (name) => flightObject(env.SINGLE_FLIGHT.getByName(name)),
    pipe: () => new IdentityTransformStream(),
    defer,
    onFault: (error) => report("flight_fault", error),
  });
  return createExecutePrompt({
    ...clock,
    ...parts,
    random: Math.random,
    obtain: async (request) => obtainAnswer({ answers, flights, completions, fresh_ms }, request),
    executionTimeoutMs,
    fresh_ms,
  });
}

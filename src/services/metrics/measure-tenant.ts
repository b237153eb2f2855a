import type { BudgetState } from "../../domain/budgets/budget.ts";
import type { Measured } from "../../domain/metrics/exposition.ts";
import type { ProviderGateView } from "../gate/read-gate.ts";

/**
 * The gates of a tenant as they are now. Keys and models only by number: anybody may name a model.
 */
export function measureGates(gates: readonly ProviderGateView[]): Measured[] {
  return gates.flatMap(({ provider, concurrency, lanes, keys }) => {
    const limit = concurrency.limit;
    return [
      { metric: "gateUsed" as const, labels: [provider], value: concurrency.used },
      ...(limit === null ? [] : [{ metric: "gateLimit" as const, labels: [provider], value: limit }]),
      ...Object.entries(lanes).flatMap(([lane, { in_flight, waiting, oldest_wait_ms }]): Measured[] => [
        { metric: "gateInFlight", labels: [provider, lane], value: in_flight },
        { metric: "gateWaiting", labels: [provider, lane], value: waiting },
        { metric: "gateOldest", labels: [provider, lane], value: oldest_wait_ms / 1000 },
      ]),
      ...byState(
        "keys",
        provider,
        ["ok", "cooling", "parked"],
        keys.map(({ status }) => status),
      ),
      ...byState(
        "breakers",
        provider,
        ["closed", "open", "half_open"],
        keys.flatMap(({ breakers }) => breakers.map(({ state }) => state)),
      ),
    ];
  });
}

function byState(
  metric: Measured["metric"],
  provider: string,
  states: readonly string[],
  found: readonly string[],
): Measured[] {
  return states.map((state) => ({
    metric,
    labels: [provider, state],
    value: found.filter((each) => each === state).length,
  }));
}

/**
 * The tightest budget of each kind of scope and each window: scopes themselves have the ids of keys
 * in them.
 */
export function measureBudgets(budgets: readonly BudgetState[]): Measured[] {
  const groups = Map.groupBy(budgets, ({ scope, window }) => `${scope.split(":")[0] ?? ""} ${window}`);
  return [...groups].flatMap(([name, states]): Measured[] => {
    const labels = name.split(" ");
    const left = states.map(({ limit, spent, reserved }) => (limit - spent - reserved) / 1e9);
    const used = states.map(({ limit, spent }) => (limit === 0 ? 1 : spent / limit));
    return [
      { metric: "budgetLeft", labels, value: Math.min(...left) },
      { metric: "budgetUsed", labels, value: Math.max(...used) },
    ];
  });
}

import type { OperationResult } from "../../src/client/index.ts";

/** The tenant's gates to its providers, as the API shows them. */
type Gates = OperationResult<"GET /v1/gate">["data"];

/** The key of a provider that the mock stands in for. */
export function mockKeyOf(provider: string): string {
  return `mock-${provider.toLowerCase()}-key`;
}

/**
 * Throws where any provider of a tenant is not the mock: the demo executes thousands of times,
 * which nobody should pay for. Asks no model: one provider may be the mock while another is not,
 * and an answer of the mock may be stored from a start without keys.
 */
export function requireMockKeys(gates: readonly Pick<Gates[number], "provider" | "keys">[]): void {
  const real = gates.filter(({ provider, keys }) => keys.some(({ api_key }) => !isMock(provider, api_key)));
  if (real.length === 0) return;
  const names = real.map(({ provider }) => provider).join(" and ");
  throw new Error(`The demo runs with the mock provider only: start without keys of ${names}.`);
}

/** By the end of a key, which is all that the API shows. */
function isMock(provider: string, shown: string): boolean {
  return shown === `…${mockKeyOf(provider).slice(-4)}`;
}

/**
 * A simulated OpenAI and Anthropic: real wire formats, deterministic answers, faults on demand,
 * strict limits, and a log of every call as the ground truth. The command line is
 * `node load/mock/mock-provider.ts --port 9100 [--host 127.0.0.1] [--seed 1]`.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { startMockProvider } from "./server.ts";

export { startMockProvider } from "./server.ts";
export type { MockProvider, MockProviderOptions } from "./server.ts";
export type { CallPage } from "./call-log.ts";
export type { CallRecord } from "./call-record.ts";
export type { KeyStats, StatsSnapshot } from "./call-stats.ts";
export type { KeyLimits, LimitSettings } from "./limits.ts";
export { FAULTS } from "./profile.ts";
export type { BatchBehaviour, Fault, Profile, ReportedUsage } from "./profile.ts";
export type { SentRequest } from "./request-log.ts";
export type { ProfileSettings } from "./profile-store.ts";

const DEFAULT_PORT = 9_100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: "string" }, host: { type: "string" }, seed: { type: "string" } },
  });
  const mock = await startMockProvider({
    port: Number(values.port ?? DEFAULT_PORT),
    host: values.host,
    seed: values.seed === undefined ? undefined : Number(values.seed),
  });
  const stop = (): void => void mock.close();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  console.log(`mock provider on ${mock.url}`);
}

const script = process.argv[1];
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) await main();

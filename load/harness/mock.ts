import type { CallPage } from "../mock/call-log.ts";
import type { LimitSettings } from "../mock/limits.ts";
import type { ProfileSettings } from "../mock/profile-store.ts";
import type { SentRequest } from "../mock/request-log.ts";
import { type Child, startChild } from "./child.ts";

/** The mock provider in a process of its own, so that the load generator does not share its CPU. */
export interface MockProcess extends Child {
  openaiBaseUrl: string;
  anthropicBaseUrl: string;
  /** Replaces its standing profiles: latency, answers, faults. */
  profile(settings: ProfileSettings): Promise<void>;
  /** Replaces its rate limits. */
  limits(settings: LimitSettings): Promise<void>;
  /**
   * The log of every call after the one numbered `since`: the ground truth of what the runtime
   * asked its providers.
   */
  calls(since?: number): Promise<CallPage>;
  /** The newest calls after the one numbered `since` as they were sent, oldest first. */
  requests(since?: number): Promise<SentRequest[]>;
  /** The number of calls so far. */
  callCount(): Promise<number>;
}

/** Starts the mock provider on a free port of loopback. */
export async function startMock(): Promise<MockProcess> {
  const child = await startChild({
    name: "mock provider",
    command: process.execPath,
    args: ["load/mock/mock-provider.ts", "--port", "0"],
    ready: /mock provider on (\S+)/,
  });
  const put = async (path: string, settings: object) => {
    const response = await fetch(`${child.url}/__mock/${path}`, { method: "PUT", body: JSON.stringify(settings) });
    if (!response.ok) throw new Error(`the mock refused its ${path}: ${await response.text()}`);
    await response.body?.cancel();
  };
  const read = async <T>(path: string, since = 0): Promise<T> => {
    const response = await fetch(`${child.url}/__mock/${path}?since=${since}`);
    if (!response.ok) throw new Error(`the mock refused its ${path}: ${await response.text()}`);
    return response.json();
  };
  const calls = async (since?: number) => read<CallPage>("calls", since);
  return {
    ...child,
    openaiBaseUrl: `${child.url}/v1`,
    anthropicBaseUrl: child.url,
    profile: (settings) => put("profile", settings),
    limits: (settings) => put("limits", settings),
    calls,
    requests: async (since) => (await read<{ requests: SentRequest[] }>("requests", since)).requests,
    callCount: async () => (await calls(Number.MAX_SAFE_INTEGER)).total,
  };
}

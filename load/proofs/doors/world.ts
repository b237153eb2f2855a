import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { EdgeProcess } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import type { Profile } from "../../mock/profile.ts";

/** What the clients of a case are given: a base URL and a key, and nothing else is set. */
export interface World {
  /** The server before the mock; absent where the clients call the mock itself. */
  edge?: EdgeProcess;
  mock: MockProcess;
  url: string;
  key: string;
  openai: OpenAI;
  anthropic: Anthropic;
  /** The keys that the provider is called with for these clients. */
  providerKeys: string[];
}

/** What a client must be able to do. It throws where that is broken. */
export interface DoorCase {
  /** The client and the model's provider. */
  client: string;
  name: string;
  /** Whether it needs the server, because the mock has nothing of the kind. */
  needsEdge?: boolean;
  run: (world: World) => Promise<void>;
}

/** A model of each provider. */
export const GPT = "gpt-4o-mini";
export const CLAUDE = "claude-haiku-4-5";
/** One that Chat Completions does not take tools and an effort for. */
export const REASONER = "gpt-6-luna";

/** What a profile adds that no provider has today. */
export const EXTRA = { x_mood: { calm: true, list: [1, null, "ä"] } };

/** The clients of a world. Their log is silent: what they raise is judged. */
export function clientsOf(url: string, key: string): Pick<World, "url" | "key" | "openai" | "anthropic"> {
  return {
    url,
    key,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: key, logLevel: "off" }),
    anthropic: new Anthropic({ baseURL: url, apiKey: key, logLevel: "off" }),
  };
}

let worlds = 0;

/**
 * A tenant of its own, so that no case meets the limits or the resting keys of another. It has two
 * keys of OpenAI: what OpenAI keeps belongs to one of them.
 */
export async function openWorld(mock: MockProcess, edge: EdgeProcess | undefined): Promise<World> {
  const number = ++worlds;
  if (!edge) return { mock, providerKeys: [`sk-mock-${number}`], ...clientsOf(mock.url, `sk-mock-${number}`) };
  const key = await edge.otherTenant();
  const providerKeys: string[] = [];
  for (const [name, provider] of Object.entries({ one: "openai", two: "openai", three: "anthropic" })) {
    const api_key = `mock-${provider}-${name}-${number}`;
    await manage({ edge, key }, "PUT", `/v1/providers/${provider}/keys/${name}`, { api_key });
    providerKeys.push(api_key);
  }
  return { mock, edge, providerKeys, ...clientsOf(edge.url, key) };
}

let texts = 0;

/**
 * A text that no other case has, so that no answer is taken from the cache, with a profile in it.
 */
export function ask(profile: Profile = {}, text = "Hello"): string {
  return `${text} no. ${++texts}. [[mock:${JSON.stringify(profile)}]]`;
}

/** One message of the user. */
export function user(content: string) {
  return [{ role: "user" as const, content }];
}

/** The body of the newest request that the provider got on a path. */
export async function sentBody({ mock }: World, path: string): Promise<Record<string, unknown>> {
  const request = (await mock.requests()).findLast(({ target }) => target.split("?")[0]?.endsWith(path));
  assert.ok(request?.body, `the provider was sent nothing on ${path}`);
  return JSON.parse(request.body) as Record<string, unknown>;
}

/** What a call was refused with. Fails where it was not, or was not by the client's own error. */
export async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await call.then(
    (value) => assert.fail(`it was answered: ${JSON.stringify(value)?.slice(0, 200)}`),
    (reason: unknown) => reason,
  );
  const isOwn = error instanceof OpenAI.APIError || error instanceof Anthropic.APIError;
  if (!isOwn) throw error;
  return error as InstanceType<typeof OpenAI.APIError>;
}

/** Sets the mock's standing profiles while `work` runs. */
export async function withProfiles<T>(
  { mock }: World,
  settings: Parameters<MockProcess["profile"]>[0],
  work: () => Promise<T>,
): Promise<T> {
  await mock.profile(settings);
  try {
    return await work();
  } finally {
    await mock.profile({});
  }
}

/** Waits until the provider has got a call after those that it had, for at most ten seconds. */
export async function untilCalled({ mock }: World, since: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while ((await mock.callCount()) <= since) {
    assert.ok(performance.now() < deadline, "the provider was not called");
    await sleep(10);
  }
}

/** The server's own API, as the tenant of the clients. Throws where it is refused. */
export async function manage<T>(
  { edge, key }: Pick<World, "edge" | "key">,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  assert.ok(edge);
  const response = await fetch(edge.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path} answered ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

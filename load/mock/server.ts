import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";

import { routeOf, wireOf } from "./call-routes.ts";
import { COMPATIBLE_PREFIX, compatibleWire } from "./compatible-wire.ts";
import type { CallRecord } from "./call-record.ts";
import type { StatsSnapshot } from "./call-stats.ts";
import { CONTROL_PREFIX, handleControl, sendJson } from "./control.ts";
import type { LimitSettings } from "./limits.ts";
import { createState, resetState } from "./mock-state.ts";
import { answerModel, requestedModel } from "./model-route.ts";
import type { ProfileSettings } from "./profile-store.ts";
import { handleCall, type HttpExchange } from "./provider-call.ts";
import type { SentRequest } from "./request-log.ts";
import { answerExport } from "./usage-exports.ts";

/** How to start the mock. */
export interface MockProviderOptions {
  /** Any free port when 0 or absent. */
  port?: number;
  /** The address to listen on; loopback when absent. */
  host?: string;
  /** Whether the server does not keep the process alive. */
  unref?: boolean;
  /** Unix ms, for limits and log. Latency always runs in real time. */
  clock?: () => number;
  /** Decides which calls a `rate` hits, which items of a batch fail, what models of chance say. */
  seed?: number;
}

/** A running mock. */
export interface MockProvider {
  url: string;
  /** For the OpenAI SDK's `baseURL`. */
  openaiBaseUrl: string;
  /** For the Anthropic SDK's `baseURL`. */
  anthropicBaseUrl: string;
  /** The third provider: a server that is compatible with OpenAI, for its SDK's `baseURL`. */
  compatibleBaseUrl: string;
  /** Copies of the logged calls after `since`, oldest first. */
  calls: (since?: number) => CallRecord[];
  /** The newest calls after `since` as they were sent, oldest first. */
  requests: (since?: number) => SentRequest[];
  stats: () => StatsSnapshot;
  /** Replaces all standing profiles. */
  configure: (settings: ProfileSettings) => void;
  /** Replaces all limits. */
  limit: (settings: LimitSettings) => void;
  /** Resets profiles, limits, logs, totals, files, batches and responses. */
  reset: () => void;
  /** Stops listening and closes every connection. */
  close: () => Promise<void>;
}

export const DEFAULT_SEED = 1;
/** Longer than any client keeps an idle connection, so that the mock never closes one in reuse. */
const KEEP_ALIVE_MS = 120_000;
const BACKLOG = 4_096;

/** Starts the mock. Rejects when the port is taken. */
export async function startMockProvider(options: MockProviderOptions = {}): Promise<MockProvider> {
  const state = createState(options.clock ?? Date.now, options.seed ?? DEFAULT_SEED);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    serve({ state, request, response }).catch((error: unknown) => fail(response, error));
  });
  if (options.unref === true) server.on("connection", (socket) => socket.unref());
  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, options.port ?? 0, host);
  if (options.unref === true) server.unref();
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url,
    openaiBaseUrl: `${url}/v1`,
    anthropicBaseUrl: url,
    compatibleBaseUrl: `${url}${COMPATIBLE_PREFIX}/v1`,
    calls: (since) => state.log.page(since).calls,
    requests: (since) => state.requests.since(since),
    stats: () => state.log.stats(),
    configure: (settings) => state.profiles.configure(settings),
    limit: (settings) => state.limits.configure(settings),
    reset: () => resetState(state),
    close: () => closeServer(server),
  };
}

async function serve(exchange: HttpExchange): Promise<void> {
  const { state, request, response } = exchange;
  const target = request.url ?? "/";
  if (target.startsWith(CONTROL_PREFIX)) {
    await handleControl(state, new URL(target, "http://mock"), request, response);
    return;
  }
  if (request.method === "GET" && target.startsWith("/v1/organization")) {
    if (answerExport(state, new URL(target, "http://mock"), response)) return;
  }
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const isCompatible = path.startsWith(`${COMPATIBLE_PREFIX}/`);
  const model = requestedModel(`${request.method} ${isCompatible ? path.slice(COMPATIBLE_PREFIX.length) : path}`);
  if (model !== undefined) await answerModel(exchange, isCompatible ? compatibleWire : wireOf(request), model);
  else await handleCall(exchange, path, routeOf(request, path));
}

function fail(response: ServerResponse, error: unknown): void {
  console.error("mock provider:", error);
  if (response.headersSent) response.destroy();
  else sendJson(response, 500, { error: { message: "the mock itself failed" } });
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

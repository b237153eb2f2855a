import type { IncomingMessage } from "node:http";

import { anthropicWire } from "./anthropic-wire.ts";
import { batchRoute } from "./batch-routes.ts";
import { COMPATIBLE_PREFIX, compatibleWire } from "./compatible-wire.ts";
import { sendJson } from "./control.ts";
import { countMessageTokens } from "./count-tokens.ts";
import { createResponse } from "./create-response.ts";
import { answerEmbeddings } from "./embeddings.ts";
import { openaiWire } from "./openai-wire.ts";
import { answerCompletion, type CallHandler, type CallRoute, type LoggedCall, requireKey } from "./provider-call.ts";
import { responseHandler } from "./response-routes.ts";
import { responsesWire } from "./responses-wire.ts";
import { CallRefused, type Wire } from "./wire.ts";

/** What a call of Responses has of its own, at the compatible server, too. */
const { read, whole, script, errorEvent } = responsesWire;
/** The wire formats of the two servers that speak OpenAI's. */
const OPENAI = { chat: openaiWire, responses: responsesWire };
const COMPATIBLE = { chat: compatibleWire, responses: { ...compatibleWire, read, whole, script, errorEvent } };

/** The route of a call. One that no provider has answers 404. */
export function routeOf(request: IncomingMessage, path: string): CallRoute {
  const { method = "" } = request;
  const route = path.startsWith(`${COMPATIBLE_PREFIX}/`)
    ? openaiRoute(method, path.slice(COMPATIBLE_PREFIX.length), COMPATIBLE)
    : (openaiRoute(method, path, OPENAI) ?? anthropicRoute(method, path) ?? batchRoute(method, path));
  if (route) return route;
  const target = `${method} ${path}`;
  return { wire: wireOf(request), handler: target === "GET /v1/models" ? listModels : unknownRoute(target) };
}

/** The wire format of a route that both providers have. */
export function wireOf({ headers }: IncomingMessage): Wire {
  const anthropic = headers["x-api-key"] !== undefined || headers["anthropic-version"] !== undefined;
  return anthropic ? anthropicWire : openaiWire;
}

function openaiRoute(method: string, path: string, wires: Record<"chat" | "responses", Wire>): CallRoute | undefined {
  switch (`${method} ${path}`) {
    case "POST /v1/chat/completions":
      return { wire: wires.chat, handler: answerCompletion };
    case "POST /v1/embeddings":
      return { wire: wires.chat, handler: answerEmbeddings };
    case "POST /v1/responses":
      return { wire: wires.responses, handler: createResponse };
    default: {
      const handler = responseHandler(method, path);
      return handler && { wire: wires.responses, handler };
    }
  }
}

function anthropicRoute(method: string, path: string): CallRoute | undefined {
  if (method !== "POST") return undefined;
  if (path === "/v1/messages") return { wire: anthropicWire, handler: answerCompletion };
  if (path === "/v1/messages/count_tokens") return { wire: anthropicWire, handler: countMessageTokens };
  return undefined;
}

function listModels(call: LoggedCall): void {
  requireKey(call);
  call.record.status = 200;
  for (const [name, value] of Object.entries(call.headers)) call.response.setHeader(name, value);
  sendJson(call.response, 200, call.wire.models());
}

function unknownRoute(target: string): CallHandler {
  return ({ wire }) => {
    const code = wire.provider === "openai" ? "unknown_url" : undefined;
    throw new CallRefused({ status: 404, message: `Unknown request URL: ${target}.`, code });
  };
}

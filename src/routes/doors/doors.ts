import * as z from "zod";
import type { DoorName } from "../../domain/completions/relay.ts";
import type { AppContext } from "../../middleware/context.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { acceptInBackground, isForBackground } from "./background-responses.ts";
import { doorHeaders, readDoorRequest } from "./door-request.ts";
import { executeForDoor } from "./execute-for-door.ts";

/**
 * A body in a provider's wire format: its door reads it, and what that does not know is relayed.
 */
const wireBody = z.record(z.string(), z.unknown());

function doorRoute(path: string, summary: string) {
  return securedRoute("executions:write", {
    method: "post",
    path,
    summary,
    request: { headers: doorHeaders, body: json(wireBody, "A request in the provider's wire format") },
    responses: {
      200: {
        description: "The answer in the same wire format, whole or as its events",
        content: { "application/json": { schema: wireBody }, "text/event-stream": { schema: z.string() } },
      },
    },
  });
}

const chat = doorRoute("/v1/chat/completions", "OpenAI's Chat Completions");
const responses = doorRoute("/v1/responses", "OpenAI's Responses");
const embeddings = doorRoute("/v1/embeddings", "OpenAI's Embeddings");
const messages = doorRoute("/v1/messages", "Anthropic's Messages");

/** The drop-in doors: the paths and wire formats of OpenAI and Anthropic. */
export const doorRoutes = createRouter()
  .openapi(chat, async (c) => answer(c, "chat", c.req.valid("json"), c.req.valid("header")))
  .openapi(responses, async (c) => answer(c, "responses", c.req.valid("json"), c.req.valid("header")))
  .openapi(embeddings, async (c) => answer(c, "embeddings", c.req.valid("json"), c.req.valid("header")))
  .openapi(messages, async (c) => answer(c, "messages", c.req.valid("json"), c.req.valid("header")));

async function answer(
  c: AppContext,
  door: DoorName,
  sent: Record<string, unknown>,
  headers: z.infer<typeof doorHeaders>,
): Promise<Response> {
  if (door === "responses" && isForBackground(sent)) return acceptInBackground(c, sent, headers);
  return executeForDoor(c, door, await readDoorRequest(c, door, sent, headers));
}

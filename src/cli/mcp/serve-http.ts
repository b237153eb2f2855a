import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  type Server,
} from "@modelcontextprotocol/server";
import { type LocalServer, serveLocally } from "../http-server.ts";

/**
 * Serves MCP over HTTP at `/mcp`, on loopback. Requests that a web page makes under another name of
 * this machine are refused, because whoever reaches it executes prompts with the user's key.
 */
export async function serveOverHttp(port: number, create: () => Server): Promise<LocalServer> {
  const handler = createMcpHandler(create);
  return serveLocally(port, async (request) => {
    const refused =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refused) return refused;
    if (new URL(request.url).pathname !== "/mcp") return new Response("MCP is at /mcp\n", { status: 404 });
    return handler.fetch(request);
  });
}

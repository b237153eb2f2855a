import { createRoute } from "@hono/zod-openapi";
import { html } from "hono/html";
import * as z from "zod";
import { createRouter, json } from "./router.ts";

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["system"],
  summary: "Whether the Worker runs; touches no storage",
  responses: { 200: json(z.object({ status: z.literal("ok") }), "It does") },
});

const readiness = z.object({
  status: z.enum(["ready", "degraded"]),
  checks: z.record(z.string(), z.enum(["ok", "failed"])),
});

const ready = createRoute({
  method: "get",
  path: "/ready",
  tags: ["system"],
  summary: "Whether every shard, KV and the objects answer",
  responses: { 200: json(readiness, "All do"), 503: json(readiness, "Some do not") },
});

/** Nothing from elsewhere, and no page of others around ours. */
const PAGE_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Liveness, readiness and the page of the API. */
export const systemRoutes = createRouter()
  .openapi(health, (c) => c.json({ status: "ok" as const }, 200))
  .openapi(ready, async (c) => {
    const body = await c.var.services.checkReadiness();
    return c.json(body, body.status === "ready" ? 200 : 503);
  });

systemRoutes.get("/docs", (c) => {
  c.header("content-security-policy", PAGE_POLICY);
  c.header("referrer-policy", "no-referrer");
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>PBT Edge API</title>
          <script type="module" src="/assets/rapidoc.js"></script>
        </head>
        <body>
          <rapi-doc
            spec-url="/openapi.json"
            render-style="read"
            show-header="false"
            load-fonts="false"
            regular-font="system-ui, sans-serif"
            mono-font="ui-monospace, monospace"
          ></rapi-doc>
        </body>
      </html>`,
  );
});

systemRoutes.get("/assets/*", async (c) => {
  const asset = await c.var.services.fetchAsset(c.req.raw);
  return new Response(asset.body, asset);
});

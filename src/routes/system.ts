import { html } from "hono/html";
import * as z from "zod";
import { createRoute, createRouter, json, RETRY_AFTER } from "./router.ts";

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["system"],
  summary: "Whether the Worker runs; touches no storage",
  responses: { 200: json(z.object({ status: z.literal("ok") }), "It does") },
});

/** When to ask again whether all is ready. */
const RETRY_AFTER_S = "2";

const readiness = z.object({
  status: z.enum(["ready", "degraded"]),
  checks: z.record(z.string(), z.enum(["ok", "failed"])),
});

const ready = createRoute({
  method: "get",
  path: "/ready",
  tags: ["system"],
  summary: "Whether every shard, KV and the objects answer",
  responses: { 200: json(readiness, "All do"), 503: { ...json(readiness, "Some do not"), headers: RETRY_AFTER } },
});

/** Nothing from elsewhere, no page of others around ours, and no form that a browser sends itself. */
const OWN_ONLY = ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"];
/** The API's document in its page, whose library writes styles of its own. */
const PAGE_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  ...OWN_ONLY,
].join("; ");
/** The dashboard, which needs its own files and the API. */
const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  ...OWN_ONLY,
].join("; ");
/** Files whose names change with their content. */
const DASHBOARD_PARTS = "/assets/app/";
const YEAR_S = 31_536_000;

/** Liveness, readiness, and the document of the API and its page. */
export const systemRoutes = createRouter()
  .openapi(health, (c) => c.json({ status: "ok" as const }, 200))
  .openapi(ready, async (c) => {
    const body = await c.var.services.checkReadiness();
    if (body.status === "ready") return c.json(body, 200);
    c.header("retry-after", RETRY_AFTER_S);
    return c.json(body, 503);
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

for (const path of ["/openapi.json", "/assets/*"]) {
  systemRoutes.get(path, async (c) => {
    const asset = await c.var.services.fetchAsset(c.req.raw);
    const response = new Response(asset.body, asset);
    const isPart = asset.ok && c.req.path.startsWith(DASHBOARD_PARTS);
    if (isPart) response.headers.set("cache-control", `public, max-age=${YEAR_S}, immutable`);
    return response;
  });
}

// The page shows what its own address says. The first one names its parts, the others find them.
for (const path of ["/", "/app", "/app/*"]) {
  systemRoutes.get(path, async (c) => {
    const document = c.req.path === "/" ? "/" : "/page";
    const url = new URL(document, c.req.url);
    const page = await c.var.services.fetchAsset(new Request(url, { headers: c.req.raw.headers }));
    const response = new Response(page.body, page);
    response.headers.set("content-security-policy", DASHBOARD_POLICY);
    response.headers.set("referrer-policy", "same-origin");
    response.headers.set("cache-control", "no-cache");
    return response;
  });
}

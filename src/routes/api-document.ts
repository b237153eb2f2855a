import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../middleware/context.ts";

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer" },
  api_key: { type: "apiKey", in: "header", name: "x-api-key" },
} as const;

/** The OpenAPI document of every route of the app, with what holds for all of them. */
export function apiDocument(app: OpenAPIHono<AppEnv>) {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "PBT Edge",
      version: "1",
      description:
        "Stores immutable prompt versions and executes them. A method that a path does not have is a 405 with `Allow`.",
    },
  });
  document.components = { ...document.components, securitySchemes: SECURITY_SCHEMES };
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path.get, path.put, path.post, path.delete, path.patch]) {
      for (const parameter of operation?.parameters ?? []) {
        // `dropEmptyParameters` leaves it out.
        if ("in" in parameter && parameter.in === "query" && parameter.required !== true) {
          parameter.allowEmptyValue = true;
        }
      }
    }
  }
  return document;
}

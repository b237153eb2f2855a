/** The OpenAPI document of the API, made of its routes when the assets are built. */
import { registerHooks } from "node:module";
// It teaches schemas to describe themselves, so it comes before any is made.
import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import { ZodObject } from "zod";

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer" },
  api_key: { type: "apiKey", in: "header", name: "x-api-key" },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-pbt_session",
    description:
      "Of `POST /v1/session`; `pbt_session` by http. It counts where no key is sent, with `x-pbt-session: 1`, from pages of the same origin.",
  },
  session_header: { type: "apiKey", in: "header", name: "x-pbt-session", description: "`1`" },
} as const;

/** What modules of the Worker import from the platform, which nothing here calls. */
const PLATFORM = "data:text/javascript,export class DurableObject {} export const env = {}, waitUntil = () => {};";

/** The document of every route, with what holds for all of them. */
export async function apiDocument() {
  registerHooks({
    resolve: (name, context, next) =>
      name === "cloudflare:workers" ? { url: PLATFORM, shortCircuit: true } : next(name, context),
  });
  const { ROUTES } = await import("../src/app.ts");
  const { documentedRoutes } = await import("../src/routes/router.ts");
  const library = new OpenAPIHono();
  for (const route of ROUTES.flatMap(documentedRoutes)) library.openAPIRegistry.registerPath(withOptionalBody(route));
  const document = library.getOpenAPI31Document({
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

/** A body that may be without any field may be absent: the router takes it for an empty one. */
function withOptionalBody<R extends RouteConfig>(route: R): R {
  const body = route.request?.body;
  const content = body?.content["application/json"];
  const schema = content && "schema" in content ? content.schema : undefined;
  if (
    body === undefined ||
    Object.keys(body.content).length > 1 ||
    !(schema instanceof ZodObject) ||
    !schema.safeParse({}).success
  )
    return route;
  return { ...route, request: { ...route.request, body: { ...body, required: false } } };
}

import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { type Handler, Hono } from "hono";
import * as z from "zod";
import { ROOT } from "../domain/audit/audit-entry.ts";
import { doorOfPath } from "../domain/doors/doors.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { BOOKMARK_HEADER, withOwnWrites } from "../middleware/own-writes.ts";
import { actAs } from "../services/audit/act-as.ts";
import { type Access, type CheckedRoute, createChecks, SESSION_SCHEME } from "./route-checks.ts";
import { usePlainMessages } from "./plain-messages.ts";

usePlainMessages();

/**
 * A router of the API. Its types are the library's, whose code stays out of the Worker: it writes
 * the document when the assets are built (`scripts/api-document.ts`).
 */
export type ApiRouter = Hono<AppEnv> & Pick<OpenAPIHono<AppEnv>, "openapi">;

/** The routes that each router has in the document, in order. */
const documented = new WeakMap<object, CheckedRoute[]>();

/**
 * A router whose routes check their requests in one step before their handlers: who calls, within
 * which limits, and what was sent. Handlers find it in `c.req.valid`, as behind the validators of
 * the library, each of which would cost every request a step of its own.
 */
export function createRouter(): ApiRouter {
  const router = new Hono<AppEnv>();
  const openapi = (route: CheckedRoute, handler: Handler<AppEnv>) => {
    documentRoute(router, route);
    let check: ReturnType<typeof createChecks> | undefined;
    const [isChange, isHot] = [changesSettings(route), executes(route)];
    const path = route.path.replaceAll(/\{([^{}]+)\}/g, ":$1");
    return router.on(route.method, path, async (c, next) => {
      try {
        check ??= createChecks(route);
        await check(c);
        const handle = async () => (await handler(c, next)) as Response;
        const work = isChange ? async () => asCaller(c, handle) : handle;
        if (isHot && c.req.header(BOOKMARK_HEADER) === undefined) return await work();
        return await withOwnWrites(c, route.method === "get", work);
      } finally {
        if (c.get("is_streaming") !== true) c.get("body_hold")?.release();
      }
    });
  };
  return Object.assign(router, { openapi }) as unknown as ApiRouter;
}

/** The keys that may change what a tenant has set up. */
const CHANGES_SETTINGS: ReadonlySet<Access> = new Set(["root", "admin", "prompts:write", "prompts:approve"]);

/**
 * Whether a route may make changes that are in the audit log, and so has to name its caller.
 * Executions are in the ledger.
 */
function changesSettings({ method, path, "x-required-scope": access }: CheckedRoute): boolean {
  if (method === "get" || access === undefined) return false;
  return CHANGES_SETTINGS.has(access) || path.startsWith("/v1/batches/{id}/");
}

/** Whether a route executes, and so writes to no shard on its way. */
function executes({ method, path, "x-required-scope": access }: CheckedRoute): boolean {
  return method === "post" && (access === "executions:write" || doorOfPath(path) !== undefined);
}

/** Runs a handler so that the audit log knows the key and the request behind its changes. */
async function asCaller<T>(c: AppContext, work: () => Promise<T>): Promise<T> {
  const principal = c.get("principal") as AppEnv["Variables"]["principal"] | undefined;
  return actAs({ actor: principal?.key_id ?? ROOT, request_id: c.get("request_id") }, work);
}

/** Puts a route into the document that its router serves in a way of its own. */
export function documentRoute(router: object, route: CheckedRoute): void {
  const routes = documented.get(router) ?? [];
  documented.set(router, [...routes, route]);
}

/** The routes of a router that are in the document, in order. */
export function documentedRoutes(router: object): readonly CheckedRoute[] {
  return documented.get(router) ?? [];
}

/** A route with its types, as the router takes it. */
export function createRoute<const R extends RouteConfig>(route: R): R {
  return route;
}

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  remaining_usd: z.number().optional().describe("With 402: what the budget has left"),
  resets_at: z.string().optional().describe("With 402: when the budget is full again"),
});

const PROBLEMS = {
  400: "The body is not JSON, YAML or UTF-8, or has another content type",
  401: "No good API key",
  402: "A budget has too little left; see `remaining_usd` and `resets_at`",
  403: "The key may not do this",
  404: "No such object",
  409: "In conflict with another request",
  413: "The body is too large",
  422: "Bad input; `errors` names the fields",
  429: "A limit was met; see `Retry-After`",
  500: "A fault of ours",
  502: "The provider failed",
  503: "The provider is overloaded, or our storage does not answer",
  504: "Out of time",
} as const;

const header = (description: string, type: "string" | "integer") => ({ description, schema: { type } });
/** The header of a response that says when to come back. */
export const RETRY_AFTER = { "retry-after": header("Seconds until a retry makes sense", "integer") };

/** The headers of some problem responses. */
const PROBLEM_HEADERS: Record<string, Record<string, ReturnType<typeof header>>> = {
  401: { "www-authenticate": header("How to send a key", "string") },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
  529: RETRY_AFTER,
};

/** A problem response, for a status that few routes have. */
export function problem(description: string) {
  return { description, content: { "application/problem+json": { schema: problemSchema } } };
}

/** An error at a door, in the form of its wire format. */
function wireError(description: string) {
  return { description, content: { "application/json": { schema: z.record(z.string(), z.unknown()) } } };
}

/**
 * Adds every problem response to those of a route. The type omits them, because handlers throw
 * problems.
 */
function withProblems<R extends RouteConfig["responses"]>(path: string, responses: R): R {
  const isDoor = doorOfPath(path) !== undefined;
  const statuses = isDoor ? { ...PROBLEMS, 529: PROBLEMS[503] } : PROBLEMS;
  const problems = Object.entries(statuses).map(([status, description]) => {
    const headers = PROBLEM_HEADERS[status];
    const told = isDoor ? wireError(description) : problem(description);
    return [status, { ...told, ...(headers ? { headers } : {}) }];
  });
  return { ...Object.fromEntries(problems), ...responses };
}

const SECURITY: Record<string, string[]>[] = [{ bearer: [] }, { api_key: [] }];
const WITH_SESSION = [...SECURITY, { [SESSION_SCHEME]: [], session_header: [] }];

/**
 * Whether a route takes a session's cookie for a key: those of the API that the dashboard calls.
 * Doors are for the providers' own clients, `/metrics` for Prometheus, and no session has the root
 * key.
 */
function takesSession(access: Access, path: string): boolean {
  return access !== "root" && path.startsWith("/v1/") && doorOfPath(path) === undefined;
}

/**
 * A route that requires a key: adds tags and security for the OpenAPI document, and every problem
 * response. The router checks what the document says.
 */
export function securedRoute<const R extends RouteConfig>(access: Access, route: R) {
  const security = takesSession(access, route.path) ? WITH_SESSION : SECURITY;
  return createRoute({ ...openRoute(route), security, "x-required-scope": access });
}

/** A route of the API that requires no key: adds its tag and every problem response. */
export function openRoute<const R extends RouteConfig>(route: R) {
  return createRoute({
    ...route,
    tags: [route.path.split("/")[2] ?? "system"],
    responses: withProblems(route.path, route.responses),
  });
}

/** A JSON body or response of a schema. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, required: true as const, content: { "application/json": { schema } } };
}

export { nameSchema, promptNameSchema } from "../domain/name.ts";

/** The query of a list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
});

/** A time of RFC 3339, which allows `t` and `z` as well. */
export const timeSchema = z
  .string()
  .toUpperCase()
  .refine((text) => z.iso.datetime({ offset: true }).safeParse(text).success, "must be a time as in RFC 3339")
  .meta({ format: "date-time" });

/** A page of a list. */
export function pageOf<T extends z.ZodType>(schema: T) {
  return z.object({ data: z.array(schema), next_cursor: z.string().nullable() });
}

/** RFC 3339 UTC from Unix milliseconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

import type { RouteConfig } from "@hono/zod-openapi";
import type { ValidationTargets } from "hono";
import * as z from "zod";
import { AppError, invalid } from "../domain/errors.ts";
import { doorOfPath } from "../domain/doors/doors.ts";
import { parseJsonBody } from "../domain/json-body.ts";
import type { KeyScope } from "../domain/tenants/api-key.ts";
import { isRoot, requireRoot, requireScope } from "../middleware/authenticate.ts";
import type { AppContext } from "../middleware/context.ts";
import { readBody } from "../middleware/read-body.ts";
import { throttle } from "../middleware/throttle.ts";
import { toFieldErrors } from "./field-errors.ts";

/** The key that a route requires: one with a scope, any of a tenant's, or the root key. */
export type Access = KeyScope | "any" | "root";

/** The scheme in the document's security of routes that take a session's cookie for a key. */
export const SESSION_SCHEME = "session";

/** A route with what its requests must be like. */
export type CheckedRoute = RouteConfig & {
  "x-required-scope"?: Access;
  /** Whether the root key may call it, too; it has no principal then. */
  "x-accepts-root"?: boolean;
};

/** Throws what is wrong with a request, and keeps what was sent for the handler. */
type Check = (c: AppContext) => void | Promise<void>;
type Target = keyof ValidationTargets;

const JSON_TYPE = "application/json";

/**
 * The checks of a route, one after the other: its key, the throttle of the key's tenant, its body,
 * its parameters and its fields. Each throws an AppError; a 422 names every faulty field.
 */
export function createChecks(route: CheckedRoute): (c: AppContext) => Promise<void> {
  const { request, "x-required-scope": access } = route;
  const checks: Check[] = [
    ...(access === undefined ? [] : [accessCheck(access, route)]),
    ...bodyChecks(request?.body?.content, doorOfPath(route.path) !== undefined || route.path === EXECUTIONS),
    ...fieldChecks("query", request?.query, (c) => singleValues(c.req.queries())),
    ...fieldChecks("param", request?.params, (c) => c.req.param()),
    ...headerChecks(request?.headers),
    ...jsonChecks(request?.body),
  ];
  return async (c) => {
    for (const check of checks) {
      const done = check(c);
      if (done) await done;
    }
  };
}

function accessCheck(access: Access, { security = [], "x-accepts-root": acceptsRoot }: CheckedRoute): Check {
  if (access === "root") return requireRoot;
  const takesSession = security.some((schemes) => SESSION_SCHEME in schemes);
  const check = async (c: AppContext) => throttle(c, (await requireScope(c, access, takesSession)).tenant_id);
  if (acceptsRoot !== true) return check;
  return async (c) => {
    if (!(await isRoot(c))) await check(c);
  };
}

/** Whose bodies may have pictures, as those of doors may. */
const EXECUTIONS = "/v1/executions";

function bodyChecks(content: object | undefined, mayBeLarge: boolean): Check[] {
  const [first, ...others] = Object.keys(content ?? {});
  if (first === undefined) return [];
  return [async (c) => c.set("body", await readBody(c, [first, ...others], mayBeLarge))];
}

/** An absent body counts as one without fields, and one that may be absent has nothing to check. */
function jsonChecks(body: NonNullable<CheckedRoute["request"]>["body"]): Check[] {
  const content = body?.content[JSON_TYPE];
  return fieldChecks("json", content && "schema" in content ? content.schema : undefined, (c) => {
    const { text, type } = c.get("body");
    return text === "" || type !== JSON_TYPE ? {} : parseJsonBody(text, notJson);
  });
}

function headerChecks(schema: unknown): Check[] {
  if (!(schema instanceof z.ZodObject)) return [];
  const names = Object.keys(schema.shape);
  return fieldChecks("header", schema, (c) => Object.fromEntries(names.map((name) => [name, c.req.header(name)])));
}

function fieldChecks(target: Target, schema: unknown, read: (c: AppContext) => unknown): Check[] {
  if (!(schema instanceof z.ZodType)) return [];
  return [
    (c) => {
      const result = schema.safeParse(read(c));
      if (!result.success) throw invalid(toFieldErrors(result.error));
      c.req.addValidatedData(target, result.data as object);
    },
  ];
}

/** A parameter that is given several times is a list, which no schema takes. */
function singleValues(queries: Record<string, string[]>): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(queries).map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}

function notJson(cause: unknown): AppError {
  return new AppError("bad_request", "The body is not valid JSON.", { cause });
}

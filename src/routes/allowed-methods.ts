import type { RouterRoute } from "hono/types";

/** The methods that a path has among these routes, for `Allow`; empty where no route has it. */
export function allowedMethods(routes: readonly RouterRoute[], path: string): string[] {
  const segments = path.split("/");
  const methods = routes
    .filter((route) => route.method !== "ALL" && matches(route.path.split("/"), segments))
    .map(({ method }) => method);
  const named = new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])));
  return [...named].toSorted();
}

function matches(pattern: string[], segments: string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, at) => (part.startsWith(":") ? segments[at] !== "" : part === segments[at]));
}

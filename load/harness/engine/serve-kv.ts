import type { Simulator } from "./simulator.ts";

/** A KV namespace in memory. Entries do not expire. */
export function serveKv(): Simulator {
  const entries = new Map<string, { value: Buffer; metadata: string | undefined }>();
  return (request, body) => {
    const [key = ""] = (request.url ?? "").split("?");
    if (request.method === "PUT") {
      entries.set(key, { value: body, metadata: request.headers["cf-kv-metadata"] as string | undefined });
      return { status: 200 };
    }
    if (request.method === "DELETE") {
      entries.delete(key);
      return { status: 200 };
    }
    const entry = entries.get(key);
    if (entry === undefined) return { status: 404 };
    const { value, metadata } = entry;
    return { status: 200, ...(metadata === undefined ? {} : { headers: { "cf-kv-metadata": metadata } }), body: value };
  };
}

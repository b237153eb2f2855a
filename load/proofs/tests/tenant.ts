/** A test run as the API shows it. */
export interface ShownRun {
  id: string;
  status: string;
  total: number;
  passed: number;
  failed: number;
  pass_rate: number;
  interval: [number, number];
  pass_hat_k: number[];
  results: { test: string; error: { detail: string } | null; checks: { passed: boolean; detail: string }[] }[];
}

/** Calls the API with a tenant's key. Throws where it refuses. */
export type Send = <T>(method: string, path: string, body?: string | object) => Promise<T>;

/** A {@link Send} for one key. A body that is a text is YAML. */
export function senderOf(url: string, key: string): Send {
  return async (method, path, body) => {
    const type = typeof body === "string" ? "application/yaml" : "application/json";
    const init: RequestInit = { method, headers: { authorization: `Bearer ${key}`, "content-type": type } };
    if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(url + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text) as never;
  };
}

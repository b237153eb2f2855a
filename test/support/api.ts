import { exports } from "cloudflare:workers";

/** The root key of the test configuration. */
export const ROOT_KEY = "root-key-of-the-tests";

/** A response with its body. */
export interface Reply<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  text: string;
  json: T;
}

/** The options of a call. `yaml` and `json` set the content type. */
export interface CallOptions {
  key?: string | null;
  json?: unknown;
  yaml?: string;
  headers?: Record<string, string>;
}

/** Calls the Worker as a client does: `call("PUT", "/v1/prompts/x", {key, yaml})`. */
export async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  { key, json, yaml, headers = {} }: CallOptions = {},
): Promise<Reply<T>> {
  const type = yaml !== undefined ? "application/yaml" : "application/json";
  const body = yaml ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await exports.default.fetch(`https://edge.test${path}`, {
    method,
    body,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": type }),
      ...headers,
    },
  });
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, text, json: parse(text) as T };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Creates a tenant with its first key, which has every scope. */
export async function newTenant(name = "acme"): Promise<{ id: string; key: string; keyId: string }> {
  const reply = await call<{ tenant: { id: string }; key: { id: string; secret: string } }>("POST", "/v1/tenants", {
    key: ROOT_KEY,
    json: { name },
  });
  return { id: reply.json.tenant.id, key: reply.json.key.secret, keyId: reply.json.key.id };
}

/** Creates another key of a tenant, with only these scopes. */
export async function newKey(admin: string, scopes: string[], more: Record<string, unknown> = {}) {
  const reply = await call<{ id: string; secret: string }>("POST", "/v1/keys", {
    key: admin,
    json: { name: "more", scopes, ...more },
  });
  return { id: reply.json.id, key: reply.json.secret };
}

/** A small prompt that echoes its variable. */
export function yamlPrompt(name: string, more = ""): string {
  return `name: ${name}\nmodel: gpt-4o-mini\ntemplate: |\n  Say hello to {{ who }}.\nvariables:\n  who: {type: string, required: true}\n${more}`;
}

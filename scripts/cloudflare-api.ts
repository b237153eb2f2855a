import * as z from "zod";
import { type Wrangler, WranglerFailed } from "./wrangler.ts";

/** The dependencies of {@link createCloudflareApi}. */
export interface CloudflareApiDeps {
  /** Tells the account and the login, where the environment does not. */
  wrangler: Wrangler;
  readConfig: () => string;
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof fetch;
}

/**
 * Calls Cloudflare's API, for what wrangler has no command for: `[method, path]`, the path below the
 * account, with a JSON body. It has the form of {@link Wrangler}, returns the result as JSON and
 * fails as wrangler does, so that its calls are repeated by the same rules.
 */
export type CloudflareApi = (call: readonly [method: string, path: string], body?: string) => Promise<string>;

/** Wrangler's default (CLOUDFLARE_API_BASE_URL). */
const API = "https://api.cloudflare.com/client/v4";
const TIMEOUT_MS = 30_000;

const answered = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});
const login = z.union([
  z.object({ type: z.enum(["api_token", "oauth"]), token: z.string() }),
  z.object({ type: z.literal("api_key"), key: z.string(), email: z.string() }),
]);
const known = z.object({ accounts: z.array(z.object({ id: z.string() })) });

/** The {@link CloudflareApi} of the account that wrangler uses, by its login. */
export function createCloudflareApi(deps: CloudflareApiDeps): CloudflareApi {
  let found: Promise<{ account: string; headers: Record<string, string> }> | undefined;
  return async ([method, path], body) => {
    found ??= findAccount(deps);
    const { account, headers } = await found;
    const url = `${deps.env["CLOUDFLARE_API_BASE_URL"] || API}/accounts/${account}${path}`;
    const failed = (why: string) =>
      new WranglerFailed([path.split("/")[1] ?? "", method, path], `${method} ${path} -> ${why}`);
    const init = { method, body, headers: { ...headers, "content-type": "application/json" } };
    const response = await deps.fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
      throw failed("fetch failed");
    });
    const { data } = answered.safeParse(await response.json().catch(() => undefined));
    if (response.ok && data?.success) return JSON.stringify(data.result);
    const reasons = (data?.errors ?? []).map(({ code, message }) => `${message} [code: ${code}]`).join("\n");
    const pause = response.headers.get("retry-after");
    throw failed(`${response.status}\n${reasons}${pause === null ? "" : `\nwait ${pause} second(s) before retrying`}`);
  };
}

async function findAccount(deps: CloudflareApiDeps) {
  const headers = await findLogin(deps);
  const [, configured] = /^account_id = "([^"]+)"/m.exec(deps.readConfig()) ?? [];
  const account = deps.env["CLOUDFLARE_ACCOUNT_ID"] || configured || (await onlyAccount(deps));
  return { account, headers };
}

/** A token in the environment is used as it is: asked for it, wrangler would only print it. */
async function findLogin({ wrangler, env }: CloudflareApiDeps): Promise<Record<string, string>> {
  if (env["CLOUDFLARE_API_TOKEN"]) return { authorization: `Bearer ${env["CLOUDFLARE_API_TOKEN"]}` };
  const found = login.parse(JSON.parse(await wrangler(["auth", "token", "--json"])));
  return found.type === "api_key"
    ? { "x-auth-key": found.key, "x-auth-email": found.email }
    : { authorization: `Bearer ${found.token}` };
}

async function onlyAccount({ wrangler }: CloudflareApiDeps): Promise<string> {
  const { accounts } = known.parse(JSON.parse(await wrangler(["whoami", "--json"])));
  const [first, ...others] = accounts;
  if (!first || others.length > 0) {
    throw new Error(`This login has ${accounts.length} accounts. Set CLOUDFLARE_ACCOUNT_ID to the one that is meant.`);
  }
  return first.id;
}

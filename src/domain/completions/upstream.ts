import { AppError } from "../errors.ts";
import { type BuiltInProvider, isBuiltIn, type ProviderName } from "./completion.ts";

/** Where an upstream of a tenant's own is, and whose wire format it speaks. */
export interface Upstream {
  kind: BuiltInProvider;
  /** What the paths of the wire format are appended to. It has no slash at its end. */
  base_url: string;
}

/** An upstream as calls reach it. Its headers are secrets. */
export interface UpstreamEndpoint extends Upstream {
  name: ProviderName;
  /** Sent with every call, before our own of the same name. Names are in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** A model of an upstream, by the names that the tenant gave. */
export interface UpstreamModel {
  provider: ProviderName;
  model: string;
}

/**
 * `<upstream>/<model>`. The model goes through as written, so it is bounded in its characters only.
 */
const UPSTREAM_MODEL = /^([a-z0-9][a-z0-9._-]{0,127})\/([\x21-\x7e]{1,128})$/;

/**
 * The upstream and the model that a name has the form of; null where it begins with no name, or
 * with that of a built-in provider. Whether the tenant has such an upstream is another question.
 */
export function parseUpstreamModel(name: string): UpstreamModel | null {
  const [, provider, model] = UPSTREAM_MODEL.exec(name.trim()) ?? [];
  return provider === undefined || model === undefined || isBuiltIn(provider) ? null : { provider, model };
}

/** The wire format that a provider speaks; undefined for a name that says nothing of it. */
export function wireOf({
  provider,
  upstream,
}: {
  provider: ProviderName;
  upstream?: Upstream;
}): BuiltInProvider | undefined {
  return upstream?.kind ?? (isBuiltIn(provider) ? provider : undefined);
}

/** The same for a call that is to be made. Throws `internal_error` for an upstream that is gone. */
export function requireWire(server: { provider: ProviderName; upstream?: Upstream }): BuiltInProvider {
  const wire = wireOf(server);
  if (wire === undefined) throw new AppError("internal_error", `There is no provider \`${server.provider}\`.`);
  return wire;
}

/** The most headers of an upstream, and the characters of all of them. */
const MAX_HEADERS = 16;
const MAX_HEADER_CHARACTERS = 8_192;

/**
 * Headers that describe the connection or the message, or that say where a request comes from. They
 * are ours to write. RFC 9110, section 7.6.1 has those of the connection.
 */
const RESERVED_HEADERS =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|accept|accept-encoding|cookie|via|forwarded|x-forwarded-.*|x-real-ip|cf-.*|proxy-.*|sec-.*)$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/;
/**
 * Printable ASCII that neither begins nor ends with a space, so that there is no line break in it.
 */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** A fault of a header, by its name; undefined without one. `headers` have names in lower case. */
export function headerFault(headers: Readonly<Record<string, string>>): { name: string; message: string } | undefined {
  const entries = Object.entries(headers);
  const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const [first = ""] = Object.keys(headers);
  if (entries.length > MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) {
    const message = `are too many: at most ${MAX_HEADERS}, and ${MAX_HEADER_CHARACTERS} characters in all`;
    return { name: first, message };
  }
  for (const [name, value] of entries) {
    if (!HEADER_NAME.test(name)) return { name, message: "is not the name of a header" };
    if (RESERVED_HEADERS.test(name)) return { name, message: "is a header that cannot be set" };
    if (!HEADER_VALUE.test(value)) return { name, message: "must be printable ASCII without spaces around it" };
  }
  return undefined;
}

/**
 * Says why an address cannot be the base URL of an upstream, or null if it can: its origin has to
 * be one of those that the deployment allows.
 */
export function baseUrlFault(address: string, allowedOrigins: readonly string[]): string | null {
  const url = URL.parse(address);
  if (url === null) return "is not a URL";
  if (url.username !== "" || url.password !== "") return "must not carry user info";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(address)) return "must have no query and no fragment";
  if (!allowedOrigins.includes(url.origin)) return `has an origin that this deployment does not allow: ${url.origin}`;
  return null;
}

import { AppError } from "../domain/errors.ts";
import type { AppContext, SentBody } from "./context.ts";

/** The content types that clients send by default: curl with `-d`, and `fetch` with a string. */
const DEFAULT_TYPES = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
/** Other names of accepted types. */
const SYNONYMS = new Map([
  ["application/x-yaml", "application/yaml"],
  ["text/yaml", "application/yaml"],
  ["text/x-yaml", "application/yaml"],
]);

/** A byte order mark is left in. */
const STRICT = { fatal: true, ignoreBOM: true };

/**
 * Reads the body of a request for a route that accepts some types. A default type, or that of an
 * empty body, counts as the first of them. Throws a 413 beyond the deployment's limit, and a 400
 * for another type, and for a body that is not UTF-8 or breaks off.
 */
export async function readBody(c: AppContext, accepted: readonly [string, ...string[]]): Promise<SentBody> {
  const limit = c.get("services").config.maxBodyBytes;
  const text = isStated(c.req, limit) ? await readWhole(c.req.raw, limit) : await readAtMost(c.req.raw.body, limit);
  return { text, type: typeOf(c.req.header("content-type") ?? "", text, accepted) };
}

function typeOf(header: string, text: string, accepted: readonly [string, ...string[]]): string {
  const [first] = accepted;
  if (header === first || text === "") return first;
  const said = header.split(";")[0]?.trim().toLowerCase() ?? "";
  const type = DEFAULT_TYPES.has(said) ? first : (SYNONYMS.get(said) ?? said);
  if (accepted.includes(type)) return type;
  throw new AppError("bad_request", `Send the body as ${accepted.join(" or ")}, not as ${said.slice(0, 100)}.`);
}

/** Whether a body says that it is within the limit. Its length frames it on the wire, then. */
function isStated(request: AppContext["req"], limit: number): boolean {
  const length = request.header("content-length");
  return length !== undefined && Number(length) <= limit && request.header("transfer-encoding") === undefined;
}

/** Reads a body in one step of the engine's, which costs a third of reading it by pieces. */
async function readWhole(request: Request, limit: number): Promise<string> {
  const bytes = new Uint8Array(await request.arrayBuffer().catch(brokenOff));
  if (bytes.byteLength > limit) throw tooLarge(limit);
  return decode(new TextDecoder("utf-8", STRICT), bytes);
}

/** Counts the bytes as they arrive, where nothing or something wrong is said of their number. */
async function readAtMost(body: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder("utf-8", STRICT);
  const reader = body.getReader();
  let text = "";
  let size = 0;
  const next = async () => reader.read().catch(brokenOff);
  for (let chunk = await next(); !chunk.done; chunk = await next()) {
    size += chunk.value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw tooLarge(limit);
    }
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

function tooLarge(limit: number): AppError {
  return new AppError("payload_too_large", `The body is larger than ${limit} bytes.`);
}

function brokenOff(cause: unknown): never {
  throw new AppError("bad_request", "The body broke off.", { cause });
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new AppError("bad_request", "The body is not UTF-8.", { cause });
  }
}

/**
 * JSON fields that hold a measured time, in milliseconds. A zero that means "now" stays where the
 * field says so.
 */
const DURATIONS = new Set(["latency_ms", "ttft_ms", "oldest_wait_ms", "start_ms", "duration_ms"]);
const WAITS = new Set(["ready_in_ms", "check_in_ms"]);
const MEASURED_HEADERS: Record<string, string> = {
  age: "<s>",
  "cf-cache-status": "<status>",
  "openai-processing-ms": "<ms>",
  "anthropic-ratelimit-requests-remaining": "<n>",
  "anthropic-ratelimit-tokens-remaining": "<n>",
  "x-pbt-overhead-ms": "<ms>",
  "x-pbt-pointer-age": "<s>",
  "x-ratelimit-remaining-requests": "<n>",
  "x-ratelimit-remaining-tokens": "<n>",
  "x-ratelimit-reset-requests": "<ms>",
  "x-ratelimit-reset-tokens": "<ms>",
};
/** Headers of the connection, and the length of a body whose durations have no fixed length. */
const OMITTED_HEADERS = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** The id of a request that gave none of its own. */
const REQUEST_ID = new RegExp(`^${UUID}$`);
const ID = new RegExp(`(?<![0-9A-Za-z])(ten|key|exe|bat|run|tst|pro|cmp|opt|aud)_${UUID}`, "g");
/** Ids of calls of tools and of responses, which the mock makes of a number that grows with each request. */
const TOOL_CALL = /\b(?:call|toolu)_[0-9a-f]{24}_\d+/g;
const OF_WIRE = /\b(?:chatcmpl-|msg_|fc_|rs_)[0-9a-f]{24}/g;
/** When something was made, in seconds. */
const SECONDS = new Set(["created", "created_at", "completed_at"]);
const SECONDS_IN_EVENT = /"(created|created_at|completed_at)":(\d{10})\b/g;
const RESPONSE = /\bresp_[0-9a-f]{24}/g;
const SECRET = /\bpbt_[a-z0-9]+_[0-9a-f]{32}_[0-9A-Za-z]{50}/g;
const WEBHOOK_SECRET = /\bwhsec_[\w+/=-]+/g;
const TIME = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;
const SESSION = /(?<=pbt_session=)[\w-]+/g;
/** What a test took, in JUnit XML. */
const JUNIT_TIME = / time="[\d.]+"/g;
/** A tenant's price is named by the day on which it was set. */
const PRICE_DAY = /\btenant prices \(\d{4}-\d{2}-\d{2}\)/g;
const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** What of one exchange is masked by its own values. */
export interface MaskContext {
  /** The request's own headers: an id or a trace that it gave comes back as it is. */
  given: Record<string, string>;
  /** The answer's `x-request-id`. */
  requestId: string | undefined;
  /** Headers whose values depend on the clock in this answer. */
  volatile: readonly string[];
}

/**
 * Masks what no two runs have in common. Ids and keys are numbered by their first appearance, so
 * that it stays visible which of them are the same. Unknown ids of the recording's own stand as
 * they are.
 */
export class VolatileMask {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** Masks the headers of an answer, in the order of their names. */
  headers(headers: Headers, context: MaskContext): Record<string, string> {
    const kept = [...headers].filter(([name]) => !OMITTED_HEADERS.has(name));
    return Object.fromEntries(
      kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, this.#header(name, value, context)]),
    );
  }

  /** Masks parsed JSON, or a text. `field` is the name that the value has. */
  value(value: unknown, context: MaskContext, field = ""): unknown {
    if (typeof value === "string") return this.#field(field, value, context);
    if (typeof value === "number") {
      if (SECONDS.has(field) && isNow(value * 1000)) return "<s>";
      return DURATIONS.has(field) || (WAITS.has(field) && value > 0) ? "<ms>" : value;
    }
    if (Array.isArray(value)) return value.map((each) => this.value(each, context, field));
    if (typeof value !== "object" || value === null) return value;
    // What is within a duration, such as a difference of two, is one, too.
    const within = (name: string) => (DURATIONS.has(field) ? field : name);
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [this.#text(name), this.value(each, context, within(name))]),
    );
  }

  #header(name: string, value: string, { given, requestId, volatile }: MaskContext): string {
    if (volatile.includes(name)) return "<volatile>";
    if (name in MEASURED_HEADERS) return MEASURED_HEADERS[name] ?? "";
    // That of a static file; other tags are part of the contract.
    if (name === "etag" && /^"[0-9a-f]{32}"$/.test(value)) return "<etag>";
    if (name === "server-timing") return value.replaceAll(/dur=[\d.]+/g, "dur=<ms>");
    if (name === "ratelimit") return value.replaceAll(/;r=\d+;t=\d+/g, ";r=<n>;t=<s>");
    if (name === "request-id" && value === requestId) return "<request id>";
    if (name === "x-request-id" && value === requestId) return given[name] === value ? value : "<request id>";
    if (name === "x-pbt-bookmark") return "<bookmark>";
    if (name === "traceparent") return maskTrace(value, given["traceparent"]);
    return this.#text(value);
  }

  #field(field: string, value: string, context: MaskContext): string {
    if (field === "request_id" && value === context.requestId) return "<request id>";
    if (field === "request_id" && REQUEST_ID.test(value)) return "<id of another request>";
    if (field === "trace_id") return "<trace>";
    if (field === "next_cursor") return this.#cursor(value);
    if (field === "hour" || field === "day") return `<${field}>`;
    return this.#text(value);
  }

  #text(text: string): string {
    return text
      .replaceAll(SECRET, (secret) => this.#numbered("secret", secret))
      .replaceAll(ID, (id, kind: string) => (id.includes("_01900000-0000-7000") ? id : this.#numbered(kind, id)))
      .replaceAll(TOOL_CALL, (id) => this.#numbered("call", id))
      .replaceAll(OF_WIRE, (id) => this.#numbered("wire", id))
      .replaceAll(SECONDS_IN_EVENT, (all, name: string, s: string) => (isNow(Number(s) * 1000) ? `"${name}":<s>` : all))
      .replaceAll(RESPONSE, (id) => this.#numbered("response", id))
      .replaceAll(WEBHOOK_SECRET, "<webhook secret>")
      .replaceAll(SESSION, "<session>")
      .replaceAll(JUNIT_TIME, ' time="<s>"')
      .replaceAll(PRICE_DAY, "tenant prices (<day>)")
      .replaceAll(TIME, (time) => (isNow(Date.parse(time)) ? "<time>" : time));
  }

  /** A cursor holds the key of the last entry: an id, or a name. */
  #cursor(cursor: string): string {
    const key = Buffer.from(cursor, "base64url").toString();
    const masked = this.#text(key);
    return masked === key ? cursor : `<cursor at ${masked}>`;
  }

  #numbered(kind: string, value: string): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `<${kind} ${count}>`;
    this.#names.set(value, name);
    return name;
  }
}

/** Times within 40 days are of this run, as where usage begins; others are the recording's own, like an expiry in 2099. */
const MASKED_MS = 40 * 86_400_000;

function isNow(ms: number): boolean {
  return Math.abs(ms - Date.now()) < MASKED_MS;
}

function maskTrace(value: string, given: string | undefined): string {
  const [, trace = "", flags = ""] = TRACEPARENT.exec(value) ?? [];
  if (trace === "") return value;
  return `00-${given?.includes(trace) ? trace : "<trace>"}-<span>-${flags}`;
}

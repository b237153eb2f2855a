/**
 * One request of the recording. `$name` in the path, a header or the body stands for a value that
 * an earlier request of the room kept; the fixture shows the request with these names, so that it
 * reads the same in every run.
 */
export interface RecordedRequest {
  /** A sentence, unique in its room. */
  name: string;
  /** POST where there is a body and nothing else is said, else GET. */
  method?: string;
  path: string;
  /**
   * The kept value that is sent as the bearer key: `admin`, the key of the room's tenant, by
   * default. Null sends none.
   */
  as?: string | null;
  headers?: Record<string, string>;
  /** A string is sent as it stands, anything else as JSON. */
  body?: unknown;
  /** Sends JSON of this many bytes instead of a body. */
  bodyBytes?: number;
  /** Values of the answer's JSON to keep: name → path, such as `{ rotated: "key.secret" }`. */
  keep?: Record<string, string>;
  /** The request is repeated until its answer fulfils this; what is recorded is the last answer. */
  until?: (body: JsonObject, status: number) => boolean;
  /**
   * Sends the request twice at the same time. The answers are recorded as a list, in the order of
   * their text.
   */
  twice?: true;
  /** Headers of the answer whose values depend on the clock here and nowhere else. */
  volatile?: string[];
  /** Records only the status and the content type: the body is a page for people. */
  headOnly?: true;
}

/** The requests of one tenant, sent one after another. */
export interface Room {
  name: string;
  /** Sent before the others and not recorded; each has to succeed. */
  setup?: RecordedRequest[];
  requests: RecordedRequest[];
}

/** A JSON object of an answer; empty where the answer was none. */
export type JsonObject = Record<string, unknown>;

/** The request that stores a prompt. */
export function publish(definition: { name: string } & JsonObject): RecordedRequest {
  const { name } = definition;
  return { name: `publish ${name}`, method: "PUT", path: `/v1/prompts/${encodeURIComponent(name)}`, body: definition };
}

/** The request that creates a key with these scopes and keeps its secret as `name`. */
export function issueKey(name: string, scopes: string[]): RecordedRequest {
  return { name: `issue ${name}`, path: "/v1/keys", body: { name, scopes }, keep: { [name]: "secret" } };
}

/** A marker that makes the mock provider behave as `profile` says, for a variable of a prompt. */
export function mock(profile: JsonObject): string {
  return `[[mock:${JSON.stringify(profile)}]]`;
}

/** A prompt whose answers are not stored unless the caller asks for it. */
export const TRIAGE = {
  name: "triage",
  model: "gpt-4o-mini",
  template: "Route this ticket for {{ product }}: {{ body }}",
  variables: { product: { type: "string", required: true }, body: { type: "string", required: true } },
  settings: { temperature: 0.2, max_tokens: 200 },
};

/** A prompt whose answers are stored. */
export const STORED = {
  name: "stored",
  model: "gpt-4o-mini",
  template: "Say {{ text }}.",
  variables: { text: { type: "string", required: true } },
  settings: { temperature: 0, max_tokens: 200, cache_responses: true },
};

/** A prompt whose answer has to fit a schema. */
export const INVOICE = {
  name: "invoice",
  models: ["gpt-4o-mini", "claude-haiku-4-5"],
  template: "Extract the vendor and the total of this invoice as JSON.\n\n{{ invoice }}",
  variables: { invoice: { type: "string", required: true } },
  settings: { temperature: 0, max_tokens: 200 },
  output_schema: {
    type: "object",
    additionalProperties: false,
    required: ["vendor", "total"],
    properties: { vendor: { type: "string" }, total: { type: "number", minimum: 0 } },
  },
};

/** An id of the right form that nobody has. */
export function unknownId(prefix: "key" | "exe" | "bat" | "tst" | "pro" | "cmp" | "opt" | "run"): string {
  return `${prefix}_01900000-0000-7000-8000-000000000000`;
}

/** Whether an execution or a batch has come to its end. */
export function isOver(body: JsonObject): boolean {
  return ["succeeded", "failed", "completed", "cancelled"].includes(String(body["status"]));
}

/** Waits until a list has this many entries. */
export function hasEntries(count: number): (body: JsonObject) => boolean {
  return ({ data }) => Array.isArray(data) && data.length === count;
}

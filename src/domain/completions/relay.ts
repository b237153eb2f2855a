import { byteLength } from "../../lib/encoding.ts";

/**
 * The APIs of providers that clients may speak to us, each through a door of its own: OpenAI's Chat
 * Completions, Responses and Embeddings, and Anthropic's Messages.
 */
export const DOOR_NAMES = ["chat", "responses", "embeddings", "messages"] as const;
/** One of {@link DOOR_NAMES}. */
export type DoorName = (typeof DOOR_NAMES)[number];

/** Whose API a door is. */
export function providerOfDoor(door: DoorName): "openai" | "anthropic" {
  return door === "messages" ? "anthropic" : "openai";
}

/**
 * What a client of a door wants relayed. A candidate that speaks the door's wire format is sent the
 * client's own body, and its answer is passed on as it is; every other one is asked in its own
 * terms.
 */
export interface Relay {
  door: DoorName;
  /**
   * The body as the client sent it. Each call sets its own `model`, `stream` and bound on the
   * output. Absent where a stored prompt is executed: then only the answer is relayed.
   */
  body?: Readonly<Record<string, unknown>>;
  /** Whether a chat stream ends with its usage, which its client has to ask for. */
  tells_usage?: boolean;
  /** The most bytes that `body` has as it is sent; 0 without one. */
  body_bytes: number;
  /**
   * What the provider keeps for the request: the field that refers to it, and the key that has it.
   */
  state?: { path: string; keeper?: { provider: string; key: string } };
  /**
   * Whether the events of a stream are written for what the model says, whatever provider it is at:
   * then those of several calls can be joined.
   */
  is_written?: true;
  /** Whether a budget counts on a bound of the output, which the server must know. */
  needs_bound?: true;
  /** Headers that belong to the request, such as `anthropic-beta`. */
  headers: Record<string, string>;
}

/** Numbers that may be written with more digits than they came with: `1e15`. */
const SHORT_NUMBER = /\d[eE]/;

/** The most bytes that a body has as it is written for a call, where `text` is how it came. */
export function mostBytesOf(body: Readonly<Record<string, unknown>>, text: string, isRewritten = false): number {
  const mayGrow = isRewritten || SHORT_NUMBER.test(text);
  return Math.max(byteLength(text), mayGrow ? byteLength(JSON.stringify(body)) : 0);
}

/**
 * What only the last event of a stream says, in each format; in a text of the model it does no
 * harm.
 */
const LAST_EVENT = /\[DONE\]|message_stop|response\.(?:completed|incomplete|failed)/;

/**
 * Whether events of a provider may contain the one by which a client knows that the answer is
 * whole.
 */
export function mayEndStream(text: string): boolean {
  return LAST_EVENT.test(text);
}

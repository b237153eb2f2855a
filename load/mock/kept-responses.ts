import type { CallRecord } from "./call-record.ts";
import type { PlainMessage } from "./plain-message.ts";

/** The number of responses that are kept. */
const CAPACITY = 10_000;

/** A response that can be asked for again. */
export interface KeptResponse {
  id: string;
  /** Only this API key sees it. */
  key: string;
  /** As it is at its end. */
  body: Record<string, unknown>;
  input: readonly Record<string, unknown>[];
  /** The whole conversation, its answer included. */
  messages: readonly PlainMessage[];
  /** When one in the background ends, ms; undefined for the others. */
  endsAt?: number;
  isCancelled: boolean;
  /** The call that made it. */
  record: CallRecord;
}

/** The responses of all keys, the newest of them. */
export class KeptResponses {
  #byId = new Map<string, KeptResponse>();

  /** Keeps a response. */
  add(response: KeptResponse): void {
    this.#byId.set(response.id, response);
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > CAPACITY && oldest !== undefined) this.#byId.delete(oldest);
  }

  /** A response of this API key. */
  find(key: string, id: string): KeptResponse | undefined {
    const response = this.#byId.get(id);
    return response?.key === key ? response : undefined;
  }

  /** Forgets a response. */
  delete(id: string): void {
    this.#byId.delete(id);
  }

  /** Forgets all responses. */
  reset(): void {
    this.#byId = new Map();
  }
}

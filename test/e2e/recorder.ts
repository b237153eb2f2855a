import { vi } from "vitest";
import { VolatileMask } from "./mask-volatile.ts";
import { jsonOf, type RawAnswer, readAnswer, type RecordedAnswer } from "./read-answer.ts";
import type { JsonObject, RecordedRequest, Room } from "./requests/recorded-request.ts";

/** One entry of the fixture: the request as the table has it, and what the server answered. */
export interface RecordedExchange {
  request: { method: string; path: string; as: string | null; headers?: Record<string, string>; body?: unknown };
  answer: RecordedAnswer | RecordedAnswer[];
}

/** The exchanges of a room by the requests' names. */
export type RecordedRoom = Record<string, RecordedExchange>;

const POLL = { timeout: 60_000, interval: 50 };

/** Sends the requests of rooms to a running server. `kept` are the values that every room knows. */
export class Recorder {
  readonly #url: string;
  readonly #kept: Record<string, string>;
  /** Every request that was answered, for the coverage of the API's document. */
  readonly answered: { method: string; path: string; status: number }[] = [];

  constructor(url: string, kept: Record<string, string>) {
    this.#url = url;
    this.#kept = kept;
  }

  /**
   * Sends a room's requests one after another, in a tenant of its own. Gives the values that it
   * kept, too.
   */
  async record(room: Room): Promise<{ exchanges: RecordedRoom; kept: Record<string, string> }> {
    const kept = { ...this.#kept };
    const tenant = { name: "create a tenant", path: "/v1/tenants", as: "root", body: { name: room.name } };
    for (const request of [{ ...tenant, keep: { admin: "key.secret" } }, ...(room.setup ?? [])]) {
      const raw = await this.#send(request, kept);
      if (raw.status >= 300) throw new Error(`${room.name}, ${request.name}: ${raw.status} ${raw.text}`);
      keep(request, raw, kept);
    }
    const mask = new VolatileMask();
    const exchanges: RecordedRoom = {};
    for (const request of room.requests) {
      if (request.name in exchanges) throw new Error(`${room.name} has two requests named "${request.name}"`);
      exchanges[request.name] = { request: shown(request), answer: await this.#exchange(request, kept, mask) };
    }
    return { exchanges, kept };
  }

  async #exchange(request: RecordedRequest, kept: Record<string, string>, mask: VolatileMask) {
    if (request.twice) {
      const both = await Promise.all([this.#send(request, kept), this.#send(request, kept)]);
      const sorted = both.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
      return sorted.map((raw) => readAnswer(raw, request, mask));
    }
    const raw = request.until ? await this.#poll(request, request.until, kept) : await this.#send(request, kept);
    this.answered.push({ method: methodOf(request), path: fill(request.path, kept), status: raw.status });
    keep(request, raw, kept);
    return readAnswer(raw, request, mask);
  }

  /**
   * The first answer that is as wanted; the last one where none is, so that the difference shows
   * it.
   */
  async #poll(request: RecordedRequest, until: NonNullable<RecordedRequest["until"]>, kept: Record<string, string>) {
    let raw = await this.#send(request, kept);
    const wanted = async () => {
      if (until(jsonOf(raw), raw.status)) return;
      raw = await this.#send(request, kept);
      throw new Error("not yet");
    };
    await vi.waitFor(wanted, POLL).catch(() => undefined);
    return raw;
  }

  async #send(request: RecordedRequest, kept: Record<string, string>): Promise<RawAnswer> {
    const as = request.as === undefined ? "admin" : request.as;
    const given = Object.entries(request.headers ?? {}).map(([name, value]) => [name, fill(value, kept)] as const);
    const response = await fetch(`${this.#url}${fill(request.path, kept)}`, {
      method: methodOf(request),
      headers: {
        ...(as === null ? {} : { authorization: `Bearer ${kept[as]}` }),
        "accept-encoding": "identity",
        ...Object.fromEntries(given),
      },
      ...bodyOf(request, kept),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

function methodOf({ method, body, bodyBytes }: RecordedRequest): string {
  return method ?? (body === undefined && bodyBytes === undefined ? "GET" : "POST");
}

function bodyOf({ body, bodyBytes }: RecordedRequest, kept: Record<string, string>): { body?: string } {
  if (bodyBytes !== undefined) return { body: `{"filler":"${"x".repeat(bodyBytes - 13)}"}` };
  if (body === undefined) return {};
  return { body: fill(typeof body === "string" ? body : JSON.stringify(body), kept) };
}

/** Puts kept values in the place of their names. */
function fill(text: string, kept: Record<string, string>): string {
  return text.replaceAll(/\$([a-z_]+)/g, (name, key: string) => kept[key] ?? name);
}

function keep({ keep: wanted }: RecordedRequest, raw: RawAnswer, kept: Record<string, string>): void {
  for (const [name, path] of Object.entries(wanted ?? {})) {
    const value = path
      .split(".")
      .reduce<unknown>((inner, field) => (inner as JsonObject | undefined)?.[field], jsonOf(raw));
    if (typeof value === "string") kept[name] = value;
  }
}

/**
 * Equal requests at once: which of them is first is a matter of chance, so their answers go by
 * their text.
 */
function orderOf({ status, text }: RawAnswer): string {
  const { cached } = JSON.parse(text) as { cached?: unknown };
  return `${status} ${String(cached)}`;
}

function shown(request: RecordedRequest): RecordedExchange["request"] {
  const { path, as = "admin", headers, body, bodyBytes } = request;
  return {
    method: methodOf(request),
    path,
    as,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(bodyBytes === undefined ? {} : { body: `<JSON of ${bodyBytes} bytes>` }),
  };
}

import * as z from "zod";
import { AppError } from "../../domain/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import { fromBase64, toBase64Url, utf8 } from "../../lib/encoding.ts";
import { areEqual, hmacHex } from "../../lib/hash.ts";
import { type Bookmarks, ReadScope } from "../../storage/read-scope.ts";

/** The dependencies of {@link OwnWrites}. */
export interface OwnWritesDeps extends Clock {
  pepper: string;
}

/** Work of a request that reads or writes. */
export interface BookmarkedWork<T> {
  /** Whether it only reads, and so may ask replicas. */
  isRead: boolean;
  /** The token of an earlier answer, as its caller sent it. */
  token: string | undefined;
  work: () => Promise<T>;
}

/**
 * How long a token says something, in ms. No replica is asked that is half as far behind, so that an
 * older token changes nothing.
 */
const LIFE_MS = 60_000;
/** The states that a token holds at most. A shard that is left out is read from its primary. */
const MAX_SHARDS = 16;
const MAC_CHARACTERS = 32;
const TOKEN = /^([\w-]{1,4000})\.([0-9a-f]{32})$/;

const contents = z.tuple([z.number(), z.record(z.string(), z.string())]);

/**
 * Lets callers read what they wrote, though replicas of the shards may answer them: an answer to a
 * write has a token with the states that the shards had then, and a read that shows it sees them or
 * later ones. Tokens are signed, since D1 would wait for a state that somebody made up.
 */
export class OwnWrites {
  readonly #deps: OwnWritesDeps;

  constructor(deps: OwnWritesDeps) {
    this.#deps = deps;
  }

  /**
   * Does the work of a request, and gives the token of its answer: undefined where it wrote nothing,
   * so that a token ends a minute after the last write, however often it is shown. A read that finds
   * nothing on a replica is done again on the primary.
   */
  async run<T>({ isRead, token, work }: BookmarkedWork<T>): Promise<{ result: T; token: string | undefined }> {
    const since = token === undefined ? undefined : await this.#open(token);
    const reading = new ReadScope({ mayLag: isRead, since });
    const result = await reading.during(async () => (isRead ? readSurely(reading, work) : work()));
    return { result, token: reading.hasWritten ? await this.#seal(reading.bookmarks) : undefined };
  }

  async #seal(bookmarks: Bookmarks): Promise<string> {
    const shards = Object.fromEntries([...bookmarks].slice(-MAX_SHARDS));
    const text = toBase64Url(utf8(JSON.stringify([this.#deps.now(), shards])));
    return `${text}.${await this.#macOf(text)}`;
  }

  /** No state at all for a token that is not ours: then every shard is read from its primary. */
  async #open(token: string): Promise<Bookmarks | undefined> {
    const [, text = "", mac = ""] = TOKEN.exec(token) ?? [];
    if (text === "" || !areEqual(mac, await this.#macOf(text))) return new Map();
    const { data } = contents.safeParse(JSON.parse(new TextDecoder().decode(fromBase64(text))));
    if (!data) return new Map();
    const [at, shards] = data;
    return at + LIFE_MS < this.#deps.now() ? undefined : new Map(Object.entries(shards));
  }

  async #macOf(text: string): Promise<string> {
    // Digests of secrets are HMACs of random characters alone, so none is ever a bookmark's.
    return (await hmacHex(this.#deps.pepper, `bookmark|${text}`)).slice(0, MAC_CHARACTERS);
  }
}

/** A replica may say what there is, and not that there is nothing. */
async function readSurely<T>(reading: ReadScope, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isMissing = error instanceof AppError && error.code === "not_found";
    if (!isMissing || reading.asOf === Infinity) throw error;
    reading.readPrimaries();
    return work();
  }
}

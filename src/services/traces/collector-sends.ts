import type { Span } from "../../domain/traces/span.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { Collector } from "./collector.ts";
import { postSpans, type PostSpansDeps } from "./post-spans.ts";

/** What {@link CollectorSends} needs. */
export interface CollectorSendsDeps extends PostSpansDeps {
  sleep(ms: number): Promise<void>;
  /** The body that carries spans. */
  write(spans: readonly Span[]): string;
  /** Hears how many spans a collector did not get, and why. */
  onDropped(collectorId: string, count: number, fault: string): void;
}

/** Spans that may wait for a connection. */
const MAX_WAITING_SPANS = 1_000;
/**
 * How long one request goes on sending what others left, ms: its time behind the reply is short.
 */
const SEND_FOR_MS = 10_000;
/** A post that is older than this ended with the request that made it, ms. */
const LIFE_MS = 10_000;
/** The longest pause that failures alone lead to, ms. It doubles with each. */
const MAX_FAULT_PAUSE_MS = 60_000;
/** Collectors that an isolate remembers. */
const MAX_COLLECTORS = 1_000;

/** Spans that go to a collector together. */
interface Parcel {
  collector: Collector;
  spans: Span[];
  isRepeat: boolean;
}

/** The one connection that some collectors share, and what waits for it. */
interface Line {
  waiting: Parcel[];
  underWay: { parcel: Parcel; at: number } | null;
}

interface CollectorState {
  pausedUntil: number;
  /** Failures since it last took spans. */
  failures: number;
  /** Spans that were not sent, and that nobody has heard of yet. */
  dropped: number;
}

/**
 * The sends of an isolate to its collectors. They hold two connections at most, one to the
 * deployment's collector and one to those of tenants: a request may have six, and a batch consumer
 * goes on calling models while it sends. Spans wait for their connection, within bounds, and are
 * dropped and counted where there is no room, or where a collector takes too long or has just
 * failed: traces may have gaps, and memory has a limit.
 */
export class CollectorSends {
  readonly #deps: CollectorSendsDeps;
  readonly #known = new LruMap<string, CollectorState>({ maxEntries: MAX_COLLECTORS });
  readonly #lines: Record<"own" | "tenants", Line> = {
    own: { waiting: [], underWay: null },
    tenants: { waiting: [], underWay: null },
  };

  constructor(deps: CollectorSendsDeps) {
    this.#deps = deps;
  }

  /** Sends spans, has another request send them, or drops them. Never throws. */
  async send(collector: Collector, spans: readonly Span[]): Promise<void> {
    const line = this.#lines[collector.id === "" ? "own" : "tenants"];
    this.#add(line, { collector, spans: [...spans], isRepeat: false });
    await this.#work(line);
  }

  #add(line: Line, parcel: Parcel): void {
    const { collector, spans, isRepeat } = parcel;
    const count = line.waiting.reduce((sum, each) => sum + each.spans.length, 0);
    // A parcel of any size may wait alone.
    if (this.#isPaused(collector) || (count > 0 && count + spans.length > MAX_WAITING_SPANS)) {
      this.#stateOf(collector).dropped += spans.length;
      return;
    }
    const known = line.waiting.find((each) => each.collector.id === collector.id && !each.isRepeat);
    if (known && !isRepeat) known.spans.push(...spans);
    else line.waiting.push(parcel);
  }

  /** Sends what waits, one parcel after the other, unless another request does. */
  async #work(line: Line): Promise<void> {
    const startedAt = this.#deps.now();
    if (line.underWay && startedAt - line.underWay.at >= LIFE_MS) {
      const { collector, spans } = line.underWay.parcel;
      this.#stateOf(collector).dropped += spans.length;
      line.underWay = null;
    }
    const repeats: Promise<void>[] = [];
    while (!line.underWay && this.#deps.now() - startedAt < SEND_FOR_MS) {
      const parcel = line.waiting.shift();
      if (!parcel) break;
      const repeat_ms = await this.#post(line, parcel);
      if (repeat_ms !== undefined) repeats.push(this.#repeat(line, parcel, repeat_ms));
    }
    await Promise.all(repeats);
  }

  /** Posts a parcel. Returns after how many ms it is to be repeated, if it is. */
  async #post(line: Line, parcel: Parcel): Promise<number | undefined> {
    const { collector, spans, isRepeat } = parcel;
    const state = this.#stateOf(collector);
    if (this.#isPaused(collector)) {
      state.dropped += spans.length;
      return undefined;
    }
    const own = { parcel, at: this.#deps.now() };
    line.underWay = own;
    const { fault, pause_ms, repeat_ms } = await postSpans(this.#deps, collector, this.#deps.write(spans));
    // One that comes back this late was counted as lost.
    const isCounted = line.underWay !== own;
    if (!isCounted) line.underWay = null;
    if (repeat_ms !== undefined && !isRepeat && !isCounted) return repeat_ms;
    state.failures = fault === null ? 0 : state.failures + 1;
    if (fault !== null) {
      if (!isCounted) state.dropped += spans.length;
      const grown = Math.min(MAX_FAULT_PAUSE_MS, pause_ms * 2 ** (state.failures - 1));
      state.pausedUntil = this.#deps.now() + Math.max(pause_ms, grown);
    }
    this.#tellDropped(collector, state, fault ?? "too many at once");
    return undefined;
  }

  /** Sends a parcel again. It holds no connection while it waits. */
  async #repeat(line: Line, parcel: Parcel, ms: number): Promise<void> {
    await this.#deps.sleep(ms);
    this.#add(line, { ...parcel, isRepeat: true });
    await this.#work(line);
  }

  #stateOf({ id }: Collector): CollectorState {
    const state = this.#known.get(id) ?? { pausedUntil: 0, failures: 0, dropped: 0 };
    this.#known.set(id, state);
    return state;
  }

  #isPaused(collector: Collector): boolean {
    return this.#deps.now() < this.#stateOf(collector).pausedUntil;
  }

  #tellDropped(collector: Collector, state: CollectorState, fault: string): void {
    if (state.dropped === 0) return;
    this.#deps.onDropped(collector.id, state.dropped, fault);
    state.dropped = 0;
  }
}

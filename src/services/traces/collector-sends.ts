import type { Span } from "../../domain/traces/span.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { Collector } from "./collector.ts";
import { sendSpans, type SendSpansDeps } from "./send-spans.ts";

/** What {@link CollectorSends} needs. */
export interface CollectorSendsDeps extends SendSpansDeps {
  /** The body that carries spans. */
  write(spans: readonly Span[]): string;
  /** Hears how many spans a collector did not get, and why. */
  onDropped(collectorId: string, count: number, fault: string): void;
}

/** Sends to one collector that may be under way at a time, so that a slow one costs no more. */
const MAX_SENDS = 4;
/** A send that is older than this ended with the request that made it, ms. */
const LIFE_MS = 30_000;
/** Collectors that an isolate remembers. */
const MAX_COLLECTORS = 1_000;

interface SendsOfCollector {
  /** The spans of each send that is under way, with the time when it began. */
  underWay: Set<{ spans: number; at: number }>;
  pausedUntil: number;
  /** Spans that were not sent, and that nobody has heard of yet. */
  dropped: number;
}

/**
 * The sends of an isolate to its collectors. Spans are dropped and counted, never kept, where a
 * collector takes too long or has just failed: traces may have gaps, and memory has a limit.
 */
export class CollectorSends {
  readonly #deps: CollectorSendsDeps;
  readonly #known = new LruMap<string, SendsOfCollector>({ maxEntries: MAX_COLLECTORS });

  constructor(deps: CollectorSendsDeps) {
    this.#deps = deps;
  }

  /** Sends spans, or drops them. Never throws. */
  async send(collector: Collector, spans: readonly Span[]): Promise<void> {
    const now = this.#deps.now();
    const sends = this.#sendsOf(collector, now);
    if (now < sends.pausedUntil || sends.underWay.size >= MAX_SENDS) {
      sends.dropped += spans.length;
      return;
    }
    const own = { spans: spans.length, at: now };
    sends.underWay.add(own);
    const { fault, pause_ms } = await sendSpans(this.#deps, collector, this.#deps.write(spans));
    // A send that comes back this late was counted as lost.
    const isCounted = !sends.underWay.delete(own);
    if (fault !== null && !isCounted) sends.dropped += spans.length;
    if (pause_ms > 0) sends.pausedUntil = this.#deps.now() + pause_ms;
    this.#tellDropped(collector, sends, fault ?? "too many at once");
  }

  #sendsOf({ id }: Collector, now: number): SendsOfCollector {
    const sends = this.#known.get(id) ?? { underWay: new Set(), pausedUntil: 0, dropped: 0 };
    this.#known.set(id, sends);
    for (const send of sends.underWay) {
      if (now - send.at < LIFE_MS) continue;
      sends.underWay.delete(send);
      sends.dropped += send.spans;
    }
    return sends;
  }

  #tellDropped(collector: Collector, sends: SendsOfCollector, fault: string): void {
    if (sends.dropped === 0) return;
    this.#deps.onDropped(collector.id, sends.dropped, fault);
    sends.dropped = 0;
  }
}

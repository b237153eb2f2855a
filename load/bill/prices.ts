import type { Item } from "./meter.ts";

/** The price of an item: dollars for this number of it, and how many a month are included. */
export interface Price {
  usd: number;
  per: number;
  included: number;
  /** The page that says so. */
  source: string;
  /** The day on which the page was read. */
  read: string;
}

/** The day on which the pages were read. */
export const READ = "2026-11-26";
const DOCS = "https://developers.cloudflare.com";
const MILLION = 1e6;
const GB = 1e9;

const price = (page: string, usd: number, per: number, included: number): Price => ({
  usd,
  per,
  included,
  source: `${DOCS}/${page}`,
  read: READ,
});

/**
 * The list prices of the plan Workers Paid ($5 a month), in US dollars. The pages were read in
 * their source (github.com/cloudflare/cloudflare-docs). Items that share an allowance on the page,
 * such as writes and deletions of KV, have it once each here, which is $5 a month apart at most.
 * Logs have the price of 1 December 2026; before that it is $0.60 for a million events beyond 20
 * million.
 */
export const PRICES: Record<Item, Price> = {
  "worker requests": price("workers/platform/pricing/#workers", 0.3, MILLION, 10 * MILLION),
  "worker cpu ms": price("workers/platform/pricing/#workers", 0.02, MILLION, 30 * MILLION),
  "log bytes": price("observability/pricing/", 0.25, GB, 50 * GB),
  "kv reads": price("kv/platform/pricing/", 0.5, MILLION, 10 * MILLION),
  "kv writes": price("kv/platform/pricing/", 5, MILLION, MILLION),
  "kv deletes": price("kv/platform/pricing/", 5, MILLION, MILLION),
  "cache operations": price("workers/runtime-apis/cache/", 0, MILLION, 0),
  "d1 rows written": price("d1/platform/pricing/", 1, MILLION, 50 * MILLION),
  "d1 rows read": price("d1/platform/pricing/", 0.001, MILLION, 25e9),
  "d1 queries": price("d1/platform/pricing/", 0, MILLION, 0),
  "d1 bytes": price("d1/platform/pricing/", 0.75, GB, 5 * GB),
  "object requests": price("durable-objects/platform/pricing/", 0.15, MILLION, MILLION),
  "object gb-s": price("durable-objects/platform/pricing/", 12.5, MILLION, 400_000),
  "object rows written": price("durable-objects/platform/pricing/", 1, MILLION, 50 * MILLION),
  "object rows read": price("durable-objects/platform/pricing/", 0.001, MILLION, 25e9),
  "object bytes": price("durable-objects/platform/pricing/", 0.2, GB, 5 * GB),
  "queue operations": price("queues/platform/pricing/", 0.4, MILLION, MILLION),
  "r2 class a": price("r2/pricing/", 4.5, MILLION, MILLION),
  "r2 class b": price("r2/pricing/", 0.36, MILLION, 10 * MILLION),
  "r2 bytes": price("r2/pricing/", 0.015, GB, 10 * GB),
};

/** What the plan costs a month whatever is used, US dollars. */
export const PLAN_USD = 5;

import type { Item } from "./meter.ts";

/** What an item costs at best a thousand executions, and why it does not go below. */
export interface Floor {
  usd_per_1000: number;
  why: string;
}

/** The floor of each item that costs something. Items without one can be 0. */
export const FLOORS: Partial<Record<Item, Floor>> = {
  "worker requests": { usd_per_1000: 0.00029, why: "each execution is a request to the Worker" },
  "worker cpu ms": { usd_per_1000: 0.00002, why: "about 1 ms to parse, render, call an SDK and answer" },
  "log bytes": { usd_per_1000: 0, why: "head_sampling_rate of [observability.logs] is a setting" },
  "kv reads": {
    usd_per_1000: 0,
    why: "warm: memory; cold: one record a tenant, $0.0005 where every execution is cold",
  },
  "kv writes": { usd_per_1000: 0, why: "written on publish and revoke only" },
  "d1 rows written": { usd_per_1000: 0, why: "executions are not rows of D1" },
  "object requests": {
    usd_per_1000: 0.00003,
    why: "one intent and one record in blocks of many; cold: a block of one each, $0.0003",
  },
  "object gb-s": { usd_per_1000: 0.00002, why: "an object is billed while it works, some ms a request" },
  "object rows written": {
    usd_per_1000: 0.0001,
    why: "a row for a block of many; cold: a row each for intent and record, $0.002",
  },
  "queue operations": { usd_per_1000: 0, why: "only what a shard refused, and accepted work: 3 operations, $0.0012" },
};

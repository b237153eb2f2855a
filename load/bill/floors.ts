import type { Item } from "./meter.ts";

/** Whether isolates know the users that come to them. */
export type Warmth = "hot" | "cold";

/** What an item costs at best, US dollars a thousand plain executions, and why not less. */
export interface Floor extends Record<Warmth, number> {
  why: string;
}

const FREE = { hot: 0, cold: 0 };

/** The floors of the items that can cost something. Objects' and D1's allowances are taken off. */
export const FLOORS: Partial<Record<Item, Floor>> = {
  "worker requests": { hot: 0.00029, cold: 0.00029, why: "each execution is a request to the Worker" },
  "worker cpu ms": { hot: 0.00002, cold: 0.00002, why: "some 1 ms to parse, render, call an SDK and answer" },
  "log bytes": { ...FREE, why: "errors and slow requests have a line; the share of the others is a setting" },
  "kv reads": { ...FREE, why: "the place's Cache API answers where copies are good until an epoch ends" },
  "kv writes": { ...FREE, why: "written on change; a record that is only read, once in twelve hours" },
  "d1 rows written": { ...FREE, why: "an execution is no row of D1" },
  "d1 bytes": { ...FREE, why: "the same" },
  "object requests": {
    hot: 0.00003,
    cold: 0.0003,
    why: "an intent before the call and a record after it; hot they share requests with many others",
  },
  "object gb-s": { hot: 0, cold: 0.00002, why: "5 ms for each of these requests" },
  "object rows written": {
    hot: 0.0001,
    cold: 0.00183,
    why: "a row for each of these requests; no row for a lease of a key without limits, none to delete or to wake",
  },
  "object bytes": { hot: 0.00001, cold: 0.00001, why: "a week of records, 0.3 KB compressed, before they move to R2" },
  "queue operations": { ...FREE, why: "a plain execution that ends by itself sends no message" },
};

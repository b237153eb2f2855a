import type { History } from "./history.ts";

/** The promises that a world is judged by. */
export const INVARIANTS = {
  "one-charge": "a key pays for one answer",
  recorded: "what a provider was called for, or billed, is on record once the queue is empty",
  ledger: "an execution has one record, in its share; usage sums equal the records; no intent stays open",
  days: "usage of an hour and a day is that of the executions that started in it, when their requests came",
  owned: "no provider is called for an execution that is not durable yet",
  booked:
    "a known end's cost equals what the provider billed, up to half of a broken call's bill (all where nothing came); " +
    "all records of a batch count all that was billed for it",
  worst: "an end that nobody recorded is booked at no less than what was billed for it",
  limits: "no key gets more requests or concurrent calls than its limits",
  settled: "a call settles at the gate for at least the tokens that it brought, a tenth less allowed",
  slots: "after the longest call all slots of a key can be used again",
  followers: "nobody gets an answer of a model outside its candidates, or a leader's own failure",
  replies: "the reply of an idempotency key never changes",
  ends: "every request ends",
  items: "an accepted item ends once, with one result, and is on record if it was executed",
  leases: "only the holder of an item's lease runs it, ends it or puts it back",
  counts: "the counts of a batch equal its items",
  budget: "what is spent and set aside for a batch, and what its provider billed, is within max_cost_usd",
  purse: "what is paid for a tenant, a key or a prompt is within its budget in each window, and counted there",
  loans: "money of a budget that is not spent comes back",
  cancelled: "after a cancel nothing starts, and what runs ends by itself",
  "given-up": "nothing is made again that a provider's batch has and may still execute",
  places: "an invocation runs six items at once, within the platform's time and queries",
  webhooks: "a batch that ended has its webhook, once for each end, with its last counts",
} as const;

/** The name of an invariant. */
export type InvariantName = keyof typeof INVARIANTS;

/** A broken promise: which, when (ms after the start), and who with which ids. */
export interface Violation {
  invariant: InvariantName;
  at: number;
  message: string;
}

/** Collects what breaks the promises that it looks after. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly #history: History;
  readonly #now: () => number;
  readonly #only: ReadonlySet<InvariantName>;

  constructor(history: History, now: () => number, only: ReadonlySet<InvariantName>) {
    this.#history = history;
    this.#now = now;
    this.#only = only;
  }

  accuse(invariant: InvariantName, message: string): void {
    if (!this.#only.has(invariant)) return;
    const plain = message.replaceAll(/(?:exe|bat|pba)_[0-9a-f-]{36}/g, (id) => this.#history.nameOf(id));
    this.violations.push({ invariant, at: this.#now(), message: plain });
    this.#history.add(`BROKEN ${invariant}: ${plain}`);
  }
}

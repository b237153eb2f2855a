import { type Ground, never } from "./network.ts";

/** A webhook that arrived and was taken. `status` and `counts` as it says them. */
export interface TakenWebhook {
  /** The same for each delivery of one event. */
  id: string;
  batch_id: string;
  status: string;
  counts: Record<string, number>;
}

/** What of a request is looked at. */
type WebhookRequest = Pick<RequestInit, "headers"> & { body?: unknown };

/** How a receiver in trouble behaves: the share that it refuses, and of replies that never come. */
const REFUSED = 0.15;
const SILENT = 0.1;
/** After this time, ms, the sender gives a delivery up, and until then some replies take. */
const TIMEOUT_MS = 15_000;

/** The server to which all webhooks go. */
export class WebhookReceiver {
  readonly taken: TakenWebhook[] = [];
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** In the place of `fetch`. */
  async post(_url: string, { headers, body }: WebhookRequest): Promise<Response> {
    const { clock, random, faults } = this.#ground;
    const caller = clock.life();
    if (caller?.isOver) return never<Response>();
    const dice = faults.has("provider") ? random.unit() : 1;
    const isSlow = dice > 0.6 && dice < 1;
    return new Promise<Response>((resolve, reject) => {
      const reply = (ms: number, settle: () => void) => void clock.in(caller, ms, settle);
      const arrive = () => {
        if (dice < REFUSED) return reply(20, () => resolve(new Response(null, { status: 503 })));
        this.#take(new Headers(headers).get("webhook-id") ?? "", typeof body === "string" ? body : "");
        if (dice < REFUSED + SILENT) return reply(TIMEOUT_MS, () => reject(new Error("no reply")));
        const wait = isSlow ? random.between(1_000, TIMEOUT_MS) : random.between(5, 200);
        return reply(wait, () => resolve(new Response(null, { status: 204 })));
      };
      clock.in(undefined, random.between(5, 40), arrive);
    });
  }

  #take(id: string, body: string): void {
    const { data } = JSON.parse(body) as { data: { id: string; status: string; counts: Record<string, number> } };
    this.#ground.history.add(`webhook of ${data.id}: ${data.status}`);
    this.taken.push({ id, batch_id: data.id, status: data.status, counts: data.counts });
  }
}

import type { LocalD1 } from "../../harness/local-d1.ts";
import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { BatchProvider } from "../../../src/providers/batch-provider.ts";
import type { BatchRun } from "./batch-watch.ts";
import type { Judge } from "./judge.ts";
import { Life } from "./life.ts";
import type { Ground } from "./network.ts";
import { WorldBatchProvider } from "./world-batch-provider.ts";
import type { PaidCall } from "./paid-call.ts";

/** The item that a line was sent for, and the row of its provider batch. */
export interface LineOwner {
  row_id: string;
  batch_id: string;
  position: number;
  execution_id: string;
}

/** What the providers' batches of a world need of it. */
export interface ProviderBatchesDeps extends Ground {
  judge: Judge;
  /** The runs of each execution of an item: a line that is executed is one of them. */
  runs: Map<string, BatchRun[]>;
  recordedAt: ReadonlyMap<string, number>;
  databases: readonly LocalD1[];
  /** Adds a call to the providers' log. */
  pay(call: Omit<PaidCall, "number" | "lent_at">, owner: LineOwner): void;
}

/** Finds the item of a line by the mark of its submission. */
const OWNER = `select p.id as row_id, i.batch_id, i.position, i.execution_id from provider_batches p
  join batch_items i on i.batch_id = p.batch_id and i.lease = p.id
  where replace(substr(p.id, 5), '-', '') = ? and i.position = ?`;

/** The batch APIs of the providers, and whose lines they have. */
export class ProviderBatches {
  readonly providers: Record<BuiltInProvider, BatchProvider>;
  readonly #deps: ProviderBatchesDeps;
  readonly #apis: WorldBatchProvider;
  readonly #owners = new Map<string, LineOwner>();

  constructor(deps: ProviderBatchesDeps) {
    this.#deps = deps;
    this.#apis = new WorldBatchProvider({
      ...deps,
      onLine: (...line) => this.#noteOwner(...line),
      onPaid: (...paid) => this.#notePaid(...paid),
    });
    this.providers = { openai: this.#apis.as("openai"), anthropic: this.#apis.as("anthropic") };
  }

  /** An item is about to run: no provider may be able to execute it still. */
  checkRun(name: string, batchId: string, position: number): void {
    for (const { id, state, lines } of this.#apis.batches) {
      if (state !== "running" && state !== "cancelling") continue;
      const owners = lines.map(({ custom_id }) => this.#owners.get(custom_id));
      if (!owners.some((owner) => owner?.batch_id === batchId && owner.position === position)) continue;
      this.#deps.judge.accuse("given-up", `${name} runs, and ${id} is ${state} with ${batchId}/${position}`);
    }
  }

  #noteOwner(nonce: string, customId: string): void {
    const position = Number(customId.slice(nonce.length + 1));
    const found = this.#deps.databases.flatMap((each) => each.prepare(OWNER).bind(nonce, position).now().results);
    const [owner] = found as unknown as LineOwner[];
    if (owner) this.#owners.set(customId, owner);
  }

  #notePaid(call: Omit<PaidCall, "number" | "request" | "lent_at">, { custom_id }: { custom_id: string }): void {
    const { runs, recordedAt, judge, history } = this.#deps;
    const owner = this.#owners.get(custom_id);
    if (!owner) return judge.accuse("recorded", `${custom_id} was executed for no item`);
    const before = runs.get(owner.execution_id) ?? [];
    const life = new Life(`${owner.execution_id}.${before.length + 1}`);
    const run: BatchRun = { life, hasEnded: true, hadRecord: recordedAt.has(owner.execution_id) };
    runs.set(owner.execution_id, [...before, run]);
    history.add(`${life.name} was executed in the batch ${owner.row_id}`);
    this.#deps.pay({ ...call, request: life.name }, owner);
  }
}

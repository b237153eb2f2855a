import { sql } from "drizzle-orm";
import type { ItemState } from "../../domain/batches/batch.ts";
import { type ItemInput, readItemInput } from "../../domain/batches/item-input.ts";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import type { Lane } from "../../domain/lane.ts";
import type { Shards } from "../shards.ts";

/** An accepted asynchronous execution with its input. */
export interface StoredAsyncExecution {
  lane: Lane;
  /** `cancelled` from the moment of the request, even while it still runs. */
  state: ItemState;
  error: ExecutionError | null;
  /** Unix ms; null where it has not ended. */
  ended_at: number | null;
  input: ItemInput;
}

/** What D1 gives of it. */
interface Row {
  lane: Lane;
  state: ItemState;
  error: string | null;
  ended_at: number | null;
  variables: string;
}

/** Asynchronous executions, which are batches of one item, on their tenant's shard. */
export class AsyncExecutionRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** One of them; undefined if the tenant has none of this id. */
  async find(tenantId: string, id: string): Promise<StoredAsyncExecution | undefined> {
    const [row] = await this.#shards.of(tenantId).all<Row>(sql`
      select b.lane, case when b.state = 'cancelled' then b.state else i.state end as state, i.error, b.ended_at,
        i.variables
      from batches b join batch_items i on i.batch_id = b.id and i.position = 0
      where b.id = ${id} and b.tenant_id = ${tenantId} and b.kind = 'execution'
        and b.state in ('open', 'cancelled')`);
    if (!row) return undefined;
    const { error, variables, ...stored } = row;
    return {
      ...stored,
      error: error === null ? null : (JSON.parse(error) as ExecutionError),
      input: readItemInput(variables),
    };
  }
}

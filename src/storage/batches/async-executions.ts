import { sql } from "drizzle-orm";
import type { ItemState } from "../../domain/batches/batch.ts";
import { readItemInput } from "../../domain/batches/item-input.ts";
import type { DoorCall } from "../../domain/executions/door-call.ts";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import type { Lane } from "../../domain/lane.ts";
import { parseOrdered } from "../../lib/ordered-json.ts";
import type { Shards } from "../shards.ts";

/** An accepted asynchronous execution without its input. */
export interface StoredAsyncExecution {
  lane: Lane;
  /** `cancelled` from the moment of the request, even while it still runs. */
  state: ItemState;
  error: ExecutionError | null;
  /** Unix ms; null where it has not ended. */
  ended_at: number | null;
  /** What its door tells of the request; absent where it is not a door's. */
  asked: DoorCall["asked"];
}

/** What D1 gives of it. */
interface Row {
  lane: Lane;
  state: ItemState;
  error: string | null;
  ended_at: number | null;
  asked: string | null;
  /** Null but where an older version stored what is asked in it. */
  variables: string | null;
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
        b.asked, case when b.asked is null and i.variables glob 'door:*' then i.variables end as variables
      from batches b join batch_items i on i.batch_id = b.id and i.position = 0
      where b.id = ${id} and b.tenant_id = ${tenantId} and b.kind = 'execution'
        and b.state in ('open', 'cancelled')`);
    if (!row) return undefined;
    const { error, variables, asked, ...stored } = row;
    return {
      ...stored,
      error: error === null ? null : (JSON.parse(error) as ExecutionError),
      asked: asked === null ? askedIn(variables) : (parseOrdered(asked) as DoorCall["asked"]),
    };
  }

  /** The text of its item, as it was accepted. */
  async findInput(tenantId: string, id: string): Promise<string | undefined> {
    const [item] = await this.#shards
      .of(tenantId)
      .all<{ variables: string }>(sql`select variables from batch_items where batch_id = ${id} and position = 0`);
    return item?.variables;
  }
}

function askedIn(variables: string | null): DoorCall["asked"] {
  return variables === null ? undefined : readItemInput(variables).door?.asked;
}

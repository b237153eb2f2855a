import type { LocalD1 } from "../../harness/local-d1.ts";
import type { Judge } from "./judge.ts";
import type { Life } from "./life.ts";
import type { Ground } from "./network.ts";

/** A change of an item, as a trigger of its database saw it. */
interface Change {
  batch_id: string;
  position: number;
  was: string;
  state: string;
  was_lease: string | null;
  was_until: number | null;
  was_execution: string;
  execution: string;
  is_open: number;
}

/** The sums of a group and of its items, which must be equal, and what belongs to its batch. */
interface GroupSums {
  number: number;
  counted: string;
  found: string;
  open: number;
  spent: number;
  reserved: number;
  most: number | null;
}

/** An execution of an item: when it was claimed last, Unix ms, and whether its batch was open. */
export interface ItemExecution {
  batch_id: string;
  position: number;
  claimed_at: number;
  wasOpen: boolean;
}

/** A run of an execution of an item. */
export interface BatchRun {
  life: Life;
  hasEnded: boolean;
  /** Whether the execution was on record already when the item was claimed. */
  hadRecord: boolean;
}

/**
 * Notes every change of an item's state, lease or execution until {@link BatchWatch} has seen it.
 */
const TRIGGER = `
  create temp table changes (batch_id, position, was, state, was_lease, was_until, was_execution, execution, is_open);
  create temp trigger note_change after update on main.batch_items
  when old.state is not new.state or old.lease is not new.lease or old.execution_id is not new.execution_id begin
    insert into changes values (new.batch_id, new.position, old.state, new.state, old.lease, old.lease_until,
      old.execution_id, new.execution_id, (select state = 'open' from batches where id = new.batch_id));
  end`;
const STATES = ["queued", "running", "succeeded", "failed", "cancelled"];
const SUMS = `
  select g.number, g.open,
    ${STATES.map((state) => `g.${state}`).join(" || ' ' || ")} || ' ' || g.cost_nanousd as counted,
    ${STATES.map((state) => `coalesce(sum(i.copies) filter (where i.state = '${state}'), 0)`).join(" || ' ' || ")}
      || ' ' || coalesce(sum(i.cost_nanousd), 0) as found,
    coalesce(sum(i.cost_nanousd), 0) as spent,
    coalesce(sum(i.reserved_nanousd) filter (where i.state = 'running'), 0) as reserved,
    (select max_cost_nanousd from batches where id = g.batch_id) as most
  from batch_groups g left join batch_items i on i.batch_id = g.batch_id and i.group_number = g.number
  where g.batch_id = ? group by g.number`;

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/**
 * Looks at the batches of a shard after every call that reached it: what items may become, and who
 * may change them; that the counts equal the rows; and that what is spent and reserved keeps within
 * the limit. A lease's token begins with the name of the invocation that holds it.
 */
export class BatchWatch {
  /** The executions that items ever had, by id. */
  readonly executions = new Map<string, ItemExecution>();
  readonly #ground: Ground;
  readonly #judge: Judge;
  readonly #onTaken: (invocation: string) => void;
  /** The runs of items under way in each invocation. */
  readonly #running = new Map<string, number>();

  /** `onTaken` hears of an invocation whose items another one took. */
  constructor(ground: Ground, judge: Judge, onTaken: (invocation: string) => void) {
    this.#ground = ground;
    this.#onTaken = onTaken;
    this.#judge = judge;
  }

  /** Begins to watch a database. Returns what to call after each call of it. */
  attach(database: LocalD1): (database: LocalD1, caller: string) => void {
    database.exec(TRIGGER);
    return (changed, caller) => this.#look(changed, caller);
  }

  /**
   * A run of an item begins in an invocation, which has `places`. Returns what to call at its end.
   */
  begin(invocation: string, places: number): () => void {
    const running = (this.#running.get(invocation) ?? 0) + 1;
    this.#running.set(invocation, running);
    if (running > places) this.#judge.accuse("places", `${invocation} runs ${running} items at once`);
    return () => void this.#running.set(invocation, (this.#running.get(invocation) ?? 0) - 1);
  }

  /** Looks at the groups of a batch. */
  checkSums(database: LocalD1, batchId: string): void {
    const groups = database.prepare(SUMS).bind(batchId).now().results as unknown as GroupSums[];
    let [spent, reserved] = [0, 0];
    for (const group of groups) {
      spent += group.spent;
      reserved += group.reserved;
      const [queued, running] = group.found.split(" ");
      const hasWork = queued !== "0" || running !== "0";
      if (group.counted !== group.found) {
        this.#judge.accuse("counts", `${batchId} group ${group.number} counts ${group.counted} and has ${group.found}`);
      }
      if ((group.open === 1) !== hasWork) {
        this.#judge.accuse(
          "counts",
          `${batchId} group ${group.number} is ${hasWork ? "closed" : "open"} at ${group.found}`,
        );
      }
    }
    const most = groups[0]?.most ?? null;
    if (most === null || spent + reserved <= most) return;
    this.#judge.accuse("budget", `${batchId} spent ${spent} and reserved ${reserved} of ${most}`);
  }

  #look(database: LocalD1, caller: string): void {
    const changes = database.prepare("select * from changes").now().results as unknown as Change[];
    if (changes.length === 0) return;
    database.exec("delete from changes");
    for (const change of changes) {
      this.#note(change, caller);
      this.#checkChange(change, caller);
    }
    for (const id of new Set(changes.map(({ batch_id }) => batch_id))) this.checkSums(database, id);
  }

  #note({ batch_id, position, was, state, was_execution, execution, is_open }: Change, caller: string): void {
    const { clock, history } = this.#ground;
    history.add(`${caller} item ${batch_id}/${position} ${was} -> ${state} ${execution}`);
    const isRenamed = was === "running" && state === "running" && was_execution !== execution;
    for (const id of [was_execution, execution]) {
      const isClaim = state === "running" && id === execution && !isRenamed;
      const { claimed_at = 0, wasOpen = false } = this.executions.get(isRenamed ? was_execution : id) ?? {};
      const claim = isClaim ? { claimed_at: clock.now(), wasOpen: is_open === 1 } : { claimed_at, wasOpen };
      this.executions.set(id, { batch_id, position, ...claim });
    }
  }

  #checkChange(change: Change, caller: string): void {
    const { batch_id, position, was, state, was_lease, was_until, is_open } = change;
    const item = `${batch_id}/${position}`;
    const isExpired = (was_until ?? 0) <= this.#ground.clock.now();
    if (ENDED.has(was)) {
      const isRedriven = was === "failed" && state === "queued" && caller.startsWith("redrive");
      if (!isRedriven) this.#judge.accuse("items", `${item} had ${was} and ${caller} made it ${state}`);
    } else if (state === "running") {
      // The item of a dead consumer is taken over in a cancelled batch, too, to be ended.
      const isStart = was === "queued";
      if (isStart && is_open !== 1)
        this.#judge.accuse("cancelled", `${caller} started ${item} of a batch that is not open`);
      const isOwn = holds(caller, was_lease);
      if (was === "running" && !isOwn) this.#onTaken(was_lease?.split("/")[0] ?? "");
      if (was === "running" && !isExpired && !isOwn)
        this.#judge.accuse("leases", `${caller} took ${item} from ${was_lease}`);
    } else if (state === "cancelled") {
      const isFree = was === "queued" || isExpired || holds(caller, was_lease);
      if (is_open === 1 || !isFree)
        this.#judge.accuse("cancelled", `${caller} cancelled ${item}, held by ${was_lease}`);
    } else if (!holds(caller, was_lease)) {
      this.#judge.accuse("leases", `${caller} made ${item} ${state}, held by ${was_lease}`);
    }
  }
}

/** Items at a provider are leased to the row of their batch there, which the cron works on. */
function holds(caller: string, lease: string | null): boolean {
  return lease?.startsWith(caller.startsWith("tick") ? "pba_" : `${caller}/`) === true;
}

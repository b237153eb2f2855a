import { type IdempotencyKeys, unresolved } from "../executions/idempotency-keys.ts";

/** A run that is to be started once. */
export interface KeyedStart {
  tenant_id: string;
  /** The key of idempotency; without one the run is started whatever was before. */
  key: string | undefined;
  /** What is asked for, with the kind of the run as its `form`. */
  request: { form: string };
  /** The id of the run, where nobody started it before. */
  id: string;
  /** Whether a run of this id was committed. */
  find: (id: string) => Promise<unknown>;
  /** Starts the run, and commits it by what it is given. */
  start: (id: string, commit: CommitRun) => Promise<void>;
}

/** Makes the commit of a run, and tells the key of it. */
export type CommitRun = (create: () => Promise<void>) => Promise<void>;

/** Which run was started. `replayed`: by an earlier request with the same key. */
export interface KeyedRun {
  id: string;
  replayed: boolean;
}

/** After this time, ms, a worker that commits a run under an idempotency key counts as gone. */
const COMMIT_LEASE_MS = 30_000;

/**
 * Starts a run, once for each idempotency key; whoever repeats the request is given the same run.
 * Throws as {@link IdempotencyKeys} does, and 503 where it is not known whether it was committed.
 */
export async function startOnce({ keys }: { keys: IdempotencyKeys }, asked: KeyedStart): Promise<KeyedRun> {
  const { tenant_id, key, request, find } = asked;
  if (key === undefined) {
    await asked.start(asked.id, async (create) => create());
    return { id: asked.id, replayed: false };
  }
  const begun = await keys.begin({ tenant_id, key, request, id: asked.id, lease_ms: COMMIT_LEASE_MS });
  if ("result" in begun) return { id: begun.result, replayed: true };
  const { id, resumed } = begun;
  const uncertain = async (error: unknown) => {
    await begun.handBack();
    throw unresolved("The run may have been accepted. Send it again.", error);
  };
  const left = resumed ? await find(id).catch(uncertain) : undefined;
  let isCommitting = false;
  const commitOnce: CommitRun = async (create) => {
    isCommitting = true;
    await create().catch(uncertain);
    await begun.settle("done", id);
  };
  try {
    if (left) await begun.settle("done", id);
    else await asked.start(id, commitOnce);
  } catch (error) {
    // Before the commit nothing can have been accepted, unless an earlier worker did it.
    if (!isCommitting) await (resumed ? begun.handBack() : begun.release());
    throw error;
  }
  return { id, replayed: left !== undefined };
}

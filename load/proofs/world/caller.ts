import type { AppError } from "../../../src/domain/errors.ts";
import { AppError as ApiError } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { ExecutionFailed } from "../../../src/services/executions/execute-result.ts";
import type { Isolate } from "./isolate.ts";
import { Life } from "./life.ts";
import type { Ground } from "./network.ts";
import type { Wish } from "./requests.ts";

/**
 * What came of one request: an execution that was told, an error without one, or a cut connection.
 */
export interface Reply {
  wish: Wish;
  /** The name of the request's life; each try of a key has its own. */
  request: string;
  kind: "answered" | "refused" | "cut";
  execution?: Execution;
  error?: AppError;
  replayed: boolean;
  /** Milliseconds after the start of the world. */
  began: number;
  ended: number;
}

/** The platform ends what runs behind a reply this long after the client has left, in ms. */
const BEHIND_MS = 30_000;

/** Sends one request to an isolate. Resolves when its client knows, or sees the connection cut. */
export async function sendRequest(ground: Ground, isolate: Isolate, wish: Wish, request: string): Promise<Reply> {
  const { clock, faults, history } = ground;
  const life = new Life(request, isolate.life);
  const began = clock.elapsed();
  const endsBehind = faults.has("cancellations");
  history.add(`${request} asks ${isolate.life.name} ${wish.form} ${wish.key ?? "-"} ${wish.request.lane}`);
  return new Promise<Reply>((resolve) => {
    let isTold = false;
    const tell = (told: Partial<Reply> & Pick<Reply, "kind">) => {
      if (isTold) return;
      isTold = true;
      const reply = { wish, request, replayed: false, began, ended: clock.elapsed(), ...told };
      history.add(`${request} ${textOf(reply)}`);
      if (told.kind !== "cut" && endsBehind) clock.in(undefined, BEHIND_MS, () => life.end());
      clock.in(undefined, 1, () => resolve(reply));
    };
    life.onEnd(() => tell({ kind: "cut" }));
    const { leaves_ms, cancelled_ms } = wish;
    if (cancelled_ms !== undefined) clock.in(undefined, cancelled_ms, () => !isTold && life.end());
    if (leaves_ms !== undefined) {
      clock.in(undefined, leaves_ms, () => {
        tell({ kind: "cut" });
        if (endsBehind) clock.in(undefined, BEHIND_MS, () => life.end());
      });
    }
    clock
      .within(life, async () => ask(ground, isolate, wish))
      .then(
        ({ execution, replayed }) => tell({ kind: "answered", execution, replayed }),
        (thrown: unknown) => tell(toldBy(thrown)),
      );
  });
}

/** Asks and reads the answer to its end. Throws what the caller is told instead. */
async function ask(
  { clock }: Ground,
  { execute, once }: Isolate,
  { request, form, key }: Wish,
): Promise<{ execution: Execution; replayed: boolean }> {
  const timings = startTimings(() => clock.now());
  if (form === "whole") {
    if (key === undefined) return { ...(await execute.run(request, timings)), replayed: false };
    return once.run(key, request, timings);
  }
  const stream =
    key === undefined
      ? { ...(await execute.stream(request, timings)), replayed: false }
      : await once.stream(key, request, timings);
  for await (const event of stream.events) {
    if (event.type === "done") return { execution: event.execution, replayed: stream.replayed };
    if (event.type === "error") throw new ExecutionFailed(event.error, event.execution, { replayed: stream.replayed });
  }
  throw new Error("a stream without an end");
}

function toldBy(thrown: unknown): Partial<Reply> & Pick<Reply, "kind"> {
  if (thrown instanceof ExecutionFailed) {
    const { error, execution, replayed } = thrown;
    return { kind: "answered", error, execution, replayed };
  }
  const error = thrown instanceof ApiError ? thrown : new ApiError("internal_error", String(thrown));
  return { kind: "refused", error };
}

function textOf({ kind, execution, error, replayed }: Reply): string {
  const what = execution ? `${execution.id} ${execution.model} ${execution.cached ?? "called"}` : "";
  return `${kind} ${what} ${error ? `${error.code} ${error.detail}` : ""}${replayed ? " replayed" : ""}`;
}

import { useMemo, useRef, useState } from "preact/hooks";
import type { ExecutionReply } from "../../../../client/index.ts";
import { api } from "../../../api/client.ts";
import { ActionIntent } from "../../../api/action-intent.ts";

/** An execution that is tried out in the editor. */
export interface TriedExecution {
  state: "running" | "done" | "failed" | "left";
  version: number;
  id: string | null;
  output: string;
  reasoning: string;
  toolCalls: { id: string; name: string; arguments: unknown }[];
  /** From the request to the first piece of the answer, ms. */
  firstPieceMs: number | null;
  result: ExecutionReply | null;
  error: Error | null;
}

/** What is tried. */
export interface TryRequest {
  version: number;
  variables: Record<string, unknown>;
  /** Whether a stored answer will do. */
  useStored: boolean;
}

/** Executes versions with a streamed answer, one at a time. Leaving the page leaves the stream. */
export function useTry(name: string) {
  const [trial, setTrial] = useState<TriedExecution | null>(null);
  const leave = useRef(new AbortController());
  const intent = useMemo(() => new ActionIntent(), []);
  const execute = async ({ version, variables, useStored }: TryRequest) => {
    leave.current.abort();
    const { signal } = (leave.current = new AbortController());
    const change = (next: (known: TriedExecution) => Partial<TriedExecution>) => {
      if (!signal.aborted) setTrial((known) => known && { ...known, ...next(known) });
    };
    setTrial({ ...NEW_TRIAL, version });
    const startedAt = performance.now();
    const first = (known: TriedExecution) => ({ firstPieceMs: known.firstPieceMs ?? performance.now() - startedAt });
    const stored = useStored ? {} : { cacheControl: "no-store" };
    const idempotencyKey = intent.keyOf([name, version, variables, useStored]);
    const call = { version, variables, signal, idempotencyKey, include: ["reasoning" as const], ...stored };
    try {
      for await (const event of api.stream(name, call)) {
        if (event.type === "start") change(() => ({ id: event.id }));
        else if (event.type === "delta") change((known) => ({ output: known.output + event.text, ...first(known) }));
        else if (event.type === "reasoning") change(({ reasoning }) => ({ reasoning: reasoning + event.text }));
        else if (event.type === "tool_call") {
          change((known) => ({ toolCalls: [...known.toolCalls, event], ...first(known) }));
        } else change(() => ({ state: "done", result: event.execution }));
      }
    } catch (error) {
      if (signal.aborted) return;
      change(() => ({ state: "failed", error: error instanceof Error ? error : new Error(String(error)) }));
      throw error;
    }
  };
  const run = (request: TryRequest) => {
    // What failed is shown; the intent only has to know of it.
    if (intent.begin(request, Date.now())) intent.follow(request, execute(request)).catch(() => undefined);
  };
  const cancel = () => {
    leave.current.abort();
    setTrial((known) => known && { ...known, state: "left" });
  };
  return { trial, run, cancel, leave: () => leave.current.abort() };
}

const NEW_TRIAL: TriedExecution = {
  state: "running",
  version: 0,
  id: null,
  output: "",
  reasoning: "",
  toolCalls: [],
  firstPieceMs: null,
  result: null,
  error: null,
};

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { type ItemRow, rowOf } from "./results.ts";

/** So many rows are shown at a time while they come. */
const PIECE = 1_000;
/** Results of a batch under way are read again at most so often, ms, and larger ones at its end. */
const AGAIN_MS = 3_000;
const SMALL = 2_000;

interface Results {
  rows: readonly ItemRow[];
  error: Error | null;
  isReading: boolean;
}

/**
 * The results of a batch, read as they come. They are read again as items end: `ended` of `total`.
 */
export function useResults(id: string, { ended, total }: { ended: number; total: number }) {
  const [results, setResults] = useState<Results>({ rows: [], error: null, isReading: true });
  const [turn, setTurn] = useState(0);
  const readOf = useRef(ended);
  useEffect(() => {
    const leave = new AbortController();
    readOf.current = ended;
    void readResults(id, leave.signal, setResults);
    return () => leave.abort();
  }, [id, turn]);
  useEffect(() => {
    const isDue = ended !== readOf.current && (total <= SMALL || ended === total);
    if (!isDue) return undefined;
    const timer = setTimeout(() => setTurn((n) => n + 1), ended === total ? 0 : AGAIN_MS);
    return () => clearTimeout(timer);
  }, [ended === total, Math.floor(ended / Math.max(1, total / 20)), turn]);
  return { ...results, refresh: () => setTurn((n) => n + 1) };
}

type SetResults = (change: (results: Results) => Results) => void;

async function readResults(id: string, signal: AbortSignal, set: SetResults): Promise<void> {
  set((results) => ({ ...results, error: null, isReading: true }));
  const rows: ItemRow[] = [];
  try {
    for await (const item of api.batches.items(id, { signal })) {
      rows.push(rowOf(item));
      // What was read before stays until there is more of it.
      if (rows.length % PIECE === 0) set((old) => (old.rows.length > rows.length ? old : { ...old, rows: [...rows] }));
    }
    set(() => ({ rows, error: null, isReading: false }));
  } catch (error) {
    if (signal.aborted) return;
    set((results) => ({ ...results, error: error as Error, isReading: false }));
  }
}

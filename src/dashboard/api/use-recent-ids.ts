import { useState } from "preact/hooks";
import { parseIds, withRecent } from "./recent-ids.ts";
import { useSession } from "./session.tsx";

/** What the API has no list of. */
export type RecentKind = "batches" | "comparisons";

/**
 * The ids of what was started or opened in this browser, newest first, by tenant. A browser that
 * stores nothing forgets them with the page.
 */
export function useRecentIds(kind: RecentKind) {
  const { tenant } = useSession().session;
  const name = `pbt-recent-${kind}-${tenant.id}`;
  const [ids, setIds] = useState(() => read(name));
  const change = (next: readonly string[]) => {
    write(name, next);
    setIds([...next]);
  };
  return {
    ids,
    remember: (id: string) => change(withRecent(read(name), id)),
    forget: (id: string) => change(read(name).filter((each) => each !== id)),
  };
}

function read(name: string): string[] {
  try {
    return parseIds(localStorage.getItem(name));
  } catch {
    return [];
  }
}

function write(name: string, ids: readonly string[]): void {
  try {
    localStorage.setItem(name, JSON.stringify(ids));
  } catch {
    // Storage may be full or forbidden; then the list is as long as the page.
  }
}

import type { StoredSource } from "../use-source.ts";

/** A text that was not published, and the newest version when it was begun; null for a new prompt. */
export interface Draft {
  text: string;
  base: StoredSource | null;
}

const drafts = new Map<string, Draft>();

/** The browser asks before the window is left, whatever page is open then. */
function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/**
 * Keeps texts that were not published while other pages are open. They live as long as the window:
 * nothing of them is stored.
 */
export const DRAFTS = {
  find: (tenant: string, name: string): Draft | undefined => drafts.get(`${tenant} ${name}`),
  keep: (tenant: string, name: string, draft: Draft): void => {
    drafts.set(`${tenant} ${name}`, draft);
    addEventListener("beforeunload", ask);
  },
  drop: (tenant: string, name: string): void => {
    drafts.delete(`${tenant} ${name}`);
    if (drafts.size === 0) removeEventListener("beforeunload", ask);
  },
};

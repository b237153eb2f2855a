import type { StoredSource } from "../use-source.ts";

/** A text that was not published, and the newest version when it was begun; null for a new prompt. */
export interface Draft {
  text: string;
  base: StoredSource | null;
}

const drafts = new Map<string, Draft>();

/**
 * Keeps texts that were not published while other pages are open. They live as long as the window:
 * nothing of them is stored.
 */
export const DRAFTS = {
  find: (tenant: string, name: string): Draft | undefined => drafts.get(`${tenant} ${name}`),
  keep: (tenant: string, name: string, draft: Draft): void => void drafts.set(`${tenant} ${name}`, draft),
  drop: (tenant: string, name: string): void => void drafts.delete(`${tenant} ${name}`),
  areThere: (): boolean => drafts.size > 0,
};

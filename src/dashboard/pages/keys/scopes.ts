import type { ListItem } from "../../../client/index.ts";

/** A key as a list has it. */
export type KeyItem = ListItem<"GET /v1/keys">;

/** What a key may do. */
export type ScopeName = KeyItem["scopes"][number];

/** Every scope with what it lets a key do. */
export const SCOPES: readonly (readonly [scope: ScopeName, meaning: string])[] = [
  ["prompts:read", "read prompts, versions and labels"],
  ["prompts:write", "publish versions and move labels"],
  ["prompts:approve", "approve promotions"],
  ["executions:write", "execute prompts, run tests, send batches"],
  ["executions:read", "read executions and results"],
  ["usage:read", "read usage, budgets and insights"],
  ["priority:high", "use the lane of high priority"],
  ["admin", "everything, with keys, providers and budgets"],
];

/** The scopes that a key may give away: its own, or all where it is `admin`. */
export function grantableScopes(own: readonly string[]): (readonly [scope: ScopeName, meaning: string])[] {
  return SCOPES.filter(([scope]) => own.includes("admin") || own.includes(scope));
}

/** How long the old secret of a rotated key may stay good, s. */
export const OVERLAPS: readonly (readonly [seconds: string, title: string])[] = [
  ["86400", "for a day"],
  ["3600", "for an hour"],
  ["604800", "for a week"],
  ["0", "not at all: it ends now"],
];

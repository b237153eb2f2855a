import type { ListItem } from "../../../client/index.ts";

const MINUTE_MS = 60_000;

/** A change of what the tenant has set up. */
export type AuditEntryItem = ListItem<"GET /v1/audit">;

/** Which entries the address asks for. */
export interface AuditFilters {
  actor: string;
  action: string;
  object: string;
  from: string;
  to: string;
}

/** The kinds of actions, each of which `kind.*` asks for. */
export const ACTION_KINDS = [
  "tenant",
  "key",
  "provider",
  "provider_key",
  "price",
  "prompt",
  "label",
  "promotion",
  "alias",
  "budget",
  "webhook",
  "telemetry",
  "chain",
  "chain_label",
  "batch",
] as const;

/** Where an object has a page of its own. */
export function hrefOfObject(object: string): string | null {
  const at = object.indexOf(":");
  if (at < 0) return null;
  const [kind, name] = [object.slice(0, at), object.slice(at + 1)];
  if (kind === "prompt") return `/app/prompts/${encodeURIComponent(name)}`;
  if (kind === "label") return `/app/prompts/${encodeURIComponent(name.slice(0, name.lastIndexOf("@")))}?tab=labels`;
  if (kind === "batch") return `/app/batches/${name}`;
  if (kind === "budget") return "/app/budgets";
  return null;
}

/** The facts of an entry in one line: `cause set, from [{"version":3}]`. */
export function detailText(detail: AuditEntryItem["detail"]): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** A time of the browser's field as the API takes it; empty where there is none. */
export function timeOf(field: string): string {
  const at = Date.parse(field);
  return field === "" || Number.isNaN(at) ? "" : new Date(at).toISOString();
}

/** A time of the address, which is the same for readers everywhere, as the browser's field has it. */
export function fieldOf(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "";
  const local = new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, "2026-11-27T00:00".length);
}

/** What the API is asked of what the address says: empty values are left out. */
export function auditQueryOf(filters: AuditFilters): Partial<AuditFilters> {
  const given = { ...filters, from: timeOf(filters.from), to: timeOf(filters.to) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

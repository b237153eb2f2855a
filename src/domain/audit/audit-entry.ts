/** Who makes a change: an API key by its id, `root` or `system`; and the request, where there is one. */
export interface Author {
  actor: string;
  request_id: string | null;
}

/** The actor of what no request asks for: sweeps, checks of promotions, canaries. */
export const SYSTEM = "system";
/** The actor of changes that the deployment's root key asks for. */
export const ROOT = "root";

/** What can have happened to each kind of object. An action is `kind.verb`. */
const VERBS = {
  tenant: ["created"],
  key: ["created", "rotated", "revoked"],
  provider: ["set", "deleted"],
  provider_key: ["set", "deleted"],
  price: ["set", "deleted"],
  prompt: ["published", "deleted", "cache_purged"],
  label: ["moved", "rolled_back", "deleted", "protected"],
  promotion: ["asked", "approved", "moved", "refused", "cancelled"],
  alias: ["set", "deleted"],
  budget: ["set", "deleted"],
  webhook: ["set", "deleted"],
  telemetry: ["set", "deleted"],
  chain: ["published", "deleted"],
  chain_label: ["moved", "rolled_back", "deleted"],
  batch: ["cancelled", "redriven"],
} as const;

type Verbs = typeof VERBS;
/** What happened, such as `label.moved`. */
export type AuditAction = { [Kind in keyof Verbs]: `${Kind}.${Verbs[Kind][number]}` }[keyof Verbs];

/** Every action, as the documentation lists them. */
export const AUDIT_ACTIONS: readonly string[] = Object.entries(VERBS).flatMap(([kind, verbs]) =>
  verbs.map((verb) => `${kind}.${verb}`),
);

/** An entry of the audit log. `at` is Unix ms. */
export interface AuditEntry extends Author {
  id: string;
  tenant_id: string;
  action: string;
  /** What was changed, such as `prompt:support/reply` or `label:support/reply@production`. */
  object: string;
  /** Facts of before and after, without secrets and contents. */
  detail: Record<string, unknown>;
}

/** Which entries are wanted. Times are Unix ms: from `from` on, and before `to`. */
export interface AuditFilter {
  actor?: string;
  action?: TextFilter;
  object?: TextFilter;
  from?: number;
  to?: number;
}

/** A text that must be equal, or that others must begin with. */
export interface TextFilter {
  text: string;
  isPrefix: boolean;
}

/** Reads `label.moved`, or `label.*`. Undefined for what no action is. */
export function readActionFilter(text: string): TextFilter | undefined {
  const isPrefix = text.endsWith(".*");
  const wanted = isPrefix ? text.slice(0, -1) : text;
  const isKnown = isPrefix ? AUDIT_ACTIONS.some((action) => action.startsWith(wanted)) : AUDIT_ACTIONS.includes(wanted);
  return isKnown ? { text: wanted, isPrefix } : undefined;
}

/** Reads the name of an object, or the beginning of one and an asterisk. */
export function readObjectFilter(text: string): TextFilter {
  return text.endsWith("*") ? { text: text.slice(0, -1), isPrefix: true } : { text, isPrefix: false };
}

/** Whether a text names an actor. */
export function isActor(text: string): boolean {
  return text === ROOT || text === SYSTEM || KEY_ID.test(text);
}

const KEY_ID = /^key_[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The origin of an address: what follows it may be a secret. */
export function originOf(address: string): string {
  return URL.parse(address)?.origin ?? "";
}

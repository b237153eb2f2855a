import type { ProviderName } from "./completion.ts";

/** The key that a response was made with: only its account can read or continue the response. */
export interface ResponseKeeper {
  provider: ProviderName;
  key: string;
}

/** Between a provider's id and its keeper. It is in no name, and URLs need not escape it. */
const MARK = "~";
/**
 * Where a response states its own id, or that of the one before it. Never inside a text: there,
 * quotes are escaped.
 */
const STATED_ID = /"(id|previous_response_id)":(\s*)"(resp_[\w-]+)"/g;

/**
 * The id of a response as a client sees it, `resp_abc~openai~main`, so that it finds its keeper
 * again.
 */
export function keptId(id: string, { provider, key }: ResponseKeeper): string {
  return [id, provider, key].join(MARK);
}

/** The JSON of a response, or of its events, with the ids that a client sees. */
export function withKeptIds(json: string, keeper: ResponseKeeper): string {
  return json.replaceAll(STATED_ID, (_all, name: string, space: string, id: string) => {
    return `"${name}":${space}"${keptId(id, keeper)}"`;
  });
}

/** A name has no {@link MARK}, so the last two parts are the names, whatever the id is. */
const KEPT = /^(.+)~([a-z0-9][a-z0-9._-]{0,127})~(_?[a-z0-9][a-z0-9._-]{0,127})$/;

/** The provider's own id, and its keeper where the id names one. */
export function readKeptId(seen: string): { id: string; keeper?: ResponseKeeper } {
  const [, id, provider, key] = KEPT.exec(seen) ?? [];
  return id === undefined || provider === undefined || key === undefined
    ? { id: seen }
    : { id, keeper: { provider, key } };
}

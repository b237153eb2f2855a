import type { CacheControl } from "../../completions/prompt-cache.ts";
import { isRecord } from "../../json-schema/values.ts";
import { isGiven, type BodyFindings } from "../findings.ts";

/** The `cache_control` of a block or a tool, as a member; none where it has none. */
export function readCacheControl(
  { cache_control: given }: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): { cache_control?: CacheControl } {
  if (!isGiven(given)) return {};
  const { type, ttl } = isRecord(given) ? given : {};
  if (type === "ephemeral" && !isGiven(ttl)) return { cache_control: { type } };
  if (type === "ephemeral" && (ttl === "5m" || ttl === "1h")) return { cache_control: { type, ttl } };
  findings.untranslate(`${path}.cache_control`);
  return {};
}

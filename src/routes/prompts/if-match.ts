import type { ExpectedVersion } from "../../services/prompts/publish-prompt.ts";

/**
 * The versions that an `If-Match` header names (RFC 9110, 13.1.1): `"3"`, a list of them, or `*`.
 * What is no version matches none. Undefined without the header.
 */
export function parseIfMatch(header: string | undefined): ExpectedVersion | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === "*") return "any";
  return header.split(",").flatMap((tag) => {
    const [, version] = /^"(\d{1,10})"$/.exec(tag.trim()) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}

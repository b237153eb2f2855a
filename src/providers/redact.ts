/** Longest provider message that is passed on, in UTF-16 units. */
export const MAX_DETAIL_LENGTH = 500;
/** Work bound: what is beyond this never reaches the first {@link MAX_DETAIL_LENGTH} units of the result. */
const MAX_SCANNED_LENGTH = 20_000;
/** Shorter keys than this are not searched for literally: they would blank out ordinary words. */
const MIN_KEY_LENGTH = 6;

const SECRET_PATTERNS = [
  /\b(?:bearer|basic)\s+[^\s"',;]+/gi,
  // OpenAI (sk-, sk-proj-), Anthropic (sk-ant-) and the masked forms that providers echo (sk-ab***yz).
  /\b(?:sk|pk|rk)-[\w*.-]{4,}/gi,
  /\bpbt_[\w*.-]+/gi,
];

/**
 * Makes a provider's text fit for an error's detail: removes the given API key and everything that looks like a key
 * (`sk-…`, `sk-ant-…`, `Bearer …`, `pbt_…`), turns control characters into spaces and cuts to {@link MAX_DETAIL_LENGTH}.
 */
export function redactSecrets(text: string, apiKey = ""): string {
  let clean = text.slice(0, MAX_SCANNED_LENGTH).replace(/\p{Cc}+/gu, " ");
  if (apiKey.length >= MIN_KEY_LENGTH) clean = clean.replaceAll(apiKey, "[redacted]");
  for (const pattern of SECRET_PATTERNS) clean = clean.replace(pattern, "[redacted]");
  clean = clean.trim();
  return clean.length > MAX_DETAIL_LENGTH ? `${clean.slice(0, MAX_DETAIL_LENGTH - 1).toWellFormed()}…` : clean;
}

/** Maximum length of a provider's message, in UTF-16 units. */
export const MAX_DETAIL_LENGTH = 500;
/**
 * Bounds the work: text beyond this never reaches the first {@link MAX_DETAIL_LENGTH} units of the
 * result.
 */
const MAX_SCANNED_LENGTH = 20_000;
/** Shorter keys are not searched for, because they would redact ordinary words. */
const MIN_KEY_LENGTH = 6;

const SECRET_PATTERNS = [
  /\b(?:bearer|basic)\s+[^\s"',;]+/gi,
  // OpenAI (sk-, sk-proj-), Anthropic (sk-ant-), and the masked forms in providers' messages
  // (sk-ab***yz).
  /\b(?:sk|pk|rk)-[\w*.-]{4,}/gi,
  /\bpbt_[\w*.-]+/gi,
];

/**
 * Makes a provider's text safe for the detail of an error: redacts the given secrets and
 * everything that looks like a key (`sk-…`, `sk-ant-…`, `Bearer …`, `pbt_…`), turns control
 * characters into spaces and cuts to {@link MAX_DETAIL_LENGTH}.
 */
export function redactSecrets(text: string, ...secrets: readonly string[]): string {
  const clean = redacted(text.slice(0, MAX_SCANNED_LENGTH).replace(/\p{Cc}+/gu, " "), secrets).trim();
  return clean.length > MAX_DETAIL_LENGTH ? `${clean.slice(0, MAX_DETAIL_LENGTH - 1).toWellFormed()}…` : clean;
}

/**
 * Redacts a provider's JSON, and leaves the rest of it as it is. Undefined where it is too long to
 * be searched.
 */
export function redactJson(text: string, ...secrets: readonly string[]): string | undefined {
  return text.length > MAX_SCANNED_LENGTH ? undefined : redacted(text, secrets);
}

function redacted(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_KEY_LENGTH) clean = clean.replaceAll(secret, "[redacted]");
  }
  for (const pattern of SECRET_PATTERNS) clean = clean.replace(pattern, "[redacted]");
  return clean;
}

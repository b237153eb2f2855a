/** Names of settings in other formats, in our spelling. */
const NAMES = new Map([
  ["maxCompletionTokens", "max_tokens"],
  ["max_completion_tokens", "max_tokens"],
  ["maxOutputTokens", "max_tokens"],
  ["stopSequences", "stop"],
]);

/**
 * The settings of another format by our names: `topP` becomes `top_p`. The values stay as they are.
 */
export function renameSettings(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      NAMES.get(key) ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** Colours are what this command itself writes; a lone carriage return overwrites a line. */
const STEERS = /\u001b\[[\d;]*m|\r\u001b\[K|\r\n|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text for a terminal in which nothing steers it but colours and the clearing of the progress line:
 * answers of models and texts of others must not move the cursor, set the title or write to the
 * clipboard. What would is shown as a sign, `␛` for an escape.
 */
export function safeForTerminal(text: string): string {
  return text.replaceAll(STEERS, (found) => {
    if (found.length > 1) return found;
    if (found === "\r") return "";
    const code = found.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x24_00 + code) : "\u{FFFD}";
  });
}

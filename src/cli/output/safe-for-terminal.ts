/** A control character, with what follows it where the two are a sequence that is let through. */
const CONTROL = /\r\n|\p{Cc}(?:\[[\d;]*m|\[K)?/gu;
const ESCAPE = "\u001B";
/** How the progress line is cleared. */
const CLEAR = `\r${ESCAPE}[K`;

/**
 * Text for a terminal in which nothing steers it but colours and the clearing of the progress line:
 * answers of models and texts of others must not move the cursor, set the title or write to the
 * clipboard. What would is shown as a sign, `␛` for an escape.
 */
export function safeForTerminal(text: string): string {
  return text
    .split(CLEAR)
    .map((piece) => piece.replaceAll(CONTROL, shown))
    .join(CLEAR);
}

function shown(found: string): string {
  if (found === "\n" || found === "\t" || found === "\r\n") return found;
  if (found.startsWith(ESCAPE) && found.endsWith("m")) return found;
  const code = found.codePointAt(0) ?? 0;
  // A carriage return alone would have the rest of the line written over its beginning.
  const sign = found.startsWith("\r") ? "" : code < 0x20 ? String.fromCodePoint(0x24_00 + code) : "\u{FFFD}";
  return sign + found.slice(1);
}

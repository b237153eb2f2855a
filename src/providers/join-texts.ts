import type { StreamPart } from "../domain/completions/completion.ts";

/** The parts with neighbouring texts, and neighbouring reasoning of one block, joined. */
export function joinTexts(parts: readonly StreamPart[]): StreamPart[] {
  const joined: StreamPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const isSame = (part.type === "text" || part.type === "reasoning") && last?.type === part.type;
    if (isSame && !("block" in last)) {
      joined[joined.length - 1] = { ...part, text: last.text + part.text };
    } else {
      joined.push(part);
    }
  }
  return joined;
}

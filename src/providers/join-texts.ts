import type { StreamPart } from "../domain/completions/completion.ts";

/** The parts with neighbouring texts, and neighbouring reasoning, joined. */
export function joinTexts(parts: readonly StreamPart[]): StreamPart[] {
  const joined: StreamPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if ((part.type === "text" || part.type === "reasoning") && last?.type === part.type) {
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    } else {
      joined.push(part);
    }
  }
  return joined;
}

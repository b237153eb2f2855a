import { type LineDiff, diffHunks } from "../project/line-diff.ts";
import type { Paint } from "./paint.ts";

/** A comparison as a terminal shows it. */
export function diffText(diff: LineDiff, paint: Paint): string[] {
  return diffHunks(diff).map((line) => {
    if (line === null) return paint.dim("  …");
    if (line.kind === "added") return paint.green(`+ ${line.text}`);
    if (line.kind === "removed") return paint.red(`- ${line.text}`);
    return paint.dim(`  ${line.text}`);
  });
}

/** `+4 −2`. */
export function diffSize({ added, removed }: LineDiff, paint: Paint): string {
  return `${paint.green(`+${added}`)} ${paint.red(`−${removed}`)}`;
}

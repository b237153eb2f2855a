import { AppError } from "../../domain/errors.ts";
import { type LabelKey, meaningBefore } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import { type LabelDeps, type Mover, newMove } from "./label-records.ts";
import { keyOf, protectedOrMoved, readExpected, requireLabel } from "./move-label.ts";
import type { ExpectedVersion } from "./publish-prompt.ts";

/** The moves that a rollback looks at. */
const MOST_MOVES = 500;

/**
 * Points a label at what it meant before, at once even where it is protected: it goes back to what
 * has been served. Again, it goes further back. Returns what it means now. Throws `not_found` where
 * it is not set, `precondition_failed` where it does not mean what it is expected to, and
 * `conflict` where it meant nothing before, or its version was deleted, or it moved meanwhile.
 */
export async function rollbackLabel(
  deps: LabelDeps,
  request: LabelKey & Mover & { expected?: ExpectedVersion },
): Promise<SplitArm[]> {
  await readExpected(deps, request, request.expected);
  const { split } = await requireLabel(deps, request);
  const before = meaningBefore(await deps.labels.moves(request, MOST_MOVES), split);
  if (!before) {
    const known = before === null ? "was not set before; it can be deleted" : "has no earlier meaning on record";
    throw new AppError("conflict", `The label "${request.label}" ${known}.`);
  }
  const move = newMove(deps.now(), "rollback", [...before], request);
  const made = await deps.labels.move(keyOf(request), move, { from: split, gated: true });
  if (!made) throw await whyNotBack(deps, request, before);
  await deps.follow(made);
  return [...before];
}

async function whyNotBack(deps: LabelDeps, key: LabelKey, before: readonly SplitArm[]) {
  const versions = before.map(({ version }) => version);
  const existing = await deps.labels.existing(key, versions);
  const gone = versions.filter((version) => !existing.has(version));
  if (gone.length === 0) return protectedOrMoved(deps, "was not moved back");
  return new AppError("conflict", `Version ${gone.join(" and ")}, which the label meant before, was deleted.`);
}

import * as z from "zod";
import { type LabelMove, MOVE_CAUSES } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import { traceparentOf } from "../../domain/trace-context.ts";
import type { AppContext } from "../../middleware/context.ts";
import type { LabelRow } from "../../services/prompts/read-labels.ts";
import { problem, rfc3339 } from "../router.ts";
import { parseIfMatch } from "./if-match.ts";

const version = z.int().min(1).max(2_147_483_647);
const arm = z.object({ version, weight: z.number().positive().max(1_000_000) });

/** Why a label is moved, as a person puts it. */
export const reasonSchema = z.string().max(1_000).optional().describe("Why; it stands in the label's history");

/** The body that sets a label. */
export const splitSchema = z.union(
  [
    z.strictObject({ version, reason: reasonSchema }),
    z.strictObject({ split: z.array(arm).min(1).max(20), reason: reasonSchema }),
  ],
  "give either `version` or `split: [{version, weight}]`",
);

/** The header on which the move of a label may depend. */
export const ifLabelMatches = z.object({
  "if-match": z.string().max(1024).optional().describe('The label must mean this version alone, such as `"3"`'),
});

/** The reply where it does not. */
export const unexpectedMeaning = problem("The label does not mean the version of `If-Match`");

/** The meaning of a label: one version, or several with weights. */
export const meaningView = z.object({ version: z.int().optional(), split: z.array(arm).optional() });

/** A label after it was set. */
export const labelsView = meaningView.extend({ name: z.string(), label: z.string() });

/** A label in a list. */
export const labelView = meaningView.extend({
  label: z.string(),
  updated_at: z.string().describe("When it was moved last"),
});

/** A move of a label. */
export const moveView = z.object({
  who: z.string().nullable().describe("The id of the API key; null where none moved it"),
  when: z.string().describe("When it was moved"),
  from: meaningView.nullable().describe("What it meant before; null where it was not set"),
  to: meaningView.nullable().describe("What it means since; null where it was deleted"),
  why: z.string().nullable().describe("The reason that was given"),
  cause: z.enum(MOVE_CAUSES).describe("What moved it"),
  promotion: z.string().nullable().describe("The promotion behind it"),
});

/** The form of a meaning in the HTTP API. */
export function toMeaning(split: readonly SplitArm[]): z.infer<typeof meaningView> {
  const [first, ...others] = split;
  return first && others.length === 0 ? { version: first.version } : { split: [...split] };
}

/** The meaning that a body sets. */
export function splitOf(wanted: { version: number } | { split: SplitArm[] }): SplitArm[] {
  return "split" in wanted ? wanted.split : [{ version: wanted.version, weight: 1 }];
}

/** The form of a label in a list. */
export function toLabelView({ label, split, updated_at }: LabelRow): z.infer<typeof labelView> {
  return { label, ...toMeaning(split), updated_at: rfc3339(updated_at) };
}

/** Who asks for a move of which label, and what must hold. */
export function moveAsked(c: AppContext, label: { name: string; label: string; reason?: string | undefined }) {
  const { tenant_id, key_id } = c.get("principal");
  const expected = parseIfMatch(c.req.header("if-match"));
  return { ...label, tenant_id, key_id, expected, traceparent: traceparentOf(c.get("trace")) };
}

/** The form of a move in the HTTP API. */
export function toMoveView(move: LabelMove): z.infer<typeof moveView> {
  const { key_id, moved_at, from_split, to_split, reason, cause, promotion_id } = move;
  return {
    who: key_id,
    when: rfc3339(moved_at),
    from: from_split && toMeaning(from_split),
    to: to_split && toMeaning(to_split),
    why: reason,
    cause,
    promotion: promotion_id,
  };
}

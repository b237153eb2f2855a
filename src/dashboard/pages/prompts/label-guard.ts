import type { CallOptions } from "../../../client/operations.ts";
import { api } from "../../api/client.ts";
import { ChangedError } from "../../api/changed-error.ts";
import { type Meaning, meaningText } from "./label-meaning.ts";

/**
 * Makes a move be refused where a label does not mean what its reader was shown; null where it was
 * not set. The server checks that a label means one version. It has no word for a split and for a
 * label that is not set, so these are read again right before, which leaves some milliseconds.
 */
export async function guardOf(name: string, label: string, shown: Meaning | null): Promise<CallOptions> {
  if (shown?.version !== undefined) return { headers: { "if-match": `"${shown.version}"` } };
  const now = await meaningOf(name, label);
  const [before, after] = [meaningText(shown), meaningText(now)];
  if (before !== after) {
    const fact = shown
      ? `${label} means ${after} now, not ${before}.`
      : `There is a label ${label}, which means ${after}.`;
    throw new ChangedError(`${fact} Nothing was changed.`);
  }
  return shown === null ? {} : { headers: { "if-match": "*" } };
}

/** A label as its reader was shown it. */
export interface ShownLabel {
  name: string;
  label: string;
  /** Null where it was not set. */
  meaning: Meaning | null;
}

/** Points a label at a version or a split, unless somebody else has moved it meanwhile. */
export async function moveLabel({ name, label, meaning }: ShownLabel, to: Meaning, reason: string) {
  const target = to.version === undefined ? { split: to.split ?? [] } : { version: to.version };
  const body = { ...target, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) };
  return api.prompts.label(name, label, body, await guardOf(name, label, meaning));
}

async function meaningOf(name: string, label: string): Promise<Meaning | null> {
  for await (const each of api.labels.list(name)) if (each.label === label) return each;
  return null;
}

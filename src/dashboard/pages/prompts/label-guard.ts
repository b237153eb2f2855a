import { api } from "../../api/client.ts";
import { ChangedError } from "../../api/changed-error.ts";
import { type Meaning, meaningText } from "./label-meaning.ts";

/** A label as its reader was shown it. */
export interface ShownLabel {
  name: string;
  label: string;
  /** Null where it was not set. */
  meaning: Meaning | null;
}

type Labels = AsyncIterable<Meaning & { label: string }>;
type Guard = { headers?: { "if-match": string } };

/**
 * Makes a move be refused where a label does not mean what its reader was shown. The server checks
 * that a label means one version. It has no word for a split and for a label that is not set, so
 * these are read again right before, out of the `labels` as they are now, which leaves some
 * milliseconds.
 */
async function guardOf({ label, meaning: shown }: ShownLabel, labels: () => Labels): Promise<Guard> {
  if (shown?.version !== undefined) return { headers: { "if-match": `"${shown.version}"` } };
  const now = await meaningOf(label, labels());
  const [before, after] = [meaningText(shown), meaningText(now)];
  if (before !== after) {
    const fact = shown
      ? `${label} means ${after} now, not ${before}.`
      : `There is a label ${label}, which means ${after}.`;
    throw new ChangedError(`${fact} Nothing was changed.`);
  }
  return shown === null ? {} : { headers: { "if-match": "*" } };
}

/** The guard of a change of a prompt's label. */
export async function promptLabelGuard(shown: ShownLabel): Promise<Guard> {
  return guardOf(shown, () => api.labels.list(shown.name));
}

/** The guard of a change of a chain's label. */
export async function chainLabelGuard(shown: ShownLabel): Promise<Guard> {
  return guardOf(shown, () => api.list("GET /v1/chains/{name}/labels", { path: { name: shown.name } }));
}

/** Points a label at a version or a split, unless somebody else has moved it meanwhile. */
export async function moveLabel(shown: ShownLabel, to: Meaning, reason: string) {
  const target = to.version === undefined ? { split: to.split ?? [] } : { version: to.version };
  const body = { ...target, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) };
  return api.prompts.label(shown.name, shown.label, body, await promptLabelGuard(shown));
}

async function meaningOf(label: string, labels: Labels): Promise<Meaning | null> {
  for await (const each of labels) if (each.label === label) return each;
  return null;
}

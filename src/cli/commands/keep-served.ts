import type { Cli } from "../cli.ts";
import { CommandFailure } from "../errors.ts";
import { moveLabel } from "./label-moves.ts";

/** The label of which callers that name none get the version; without it they get the newest. */
const SERVED = "production";

/**
 * Before a new version is published: lets callers that name no label keep what they get, the newest
 * version, by the label `production` where none has it. A version that was itself only tried, which
 * shows by the label of the trial, is served to nobody. Returns the version that got the label, or
 * null. Throws a CommandFailure where the label is protected.
 */
export async function keepServed(
  cli: Cli,
  name: string,
  { version, label }: { version: number; label: string | undefined },
): Promise<number | null> {
  const labels = await cli.client.labels.list(name).all();
  if (labels.some((each) => each.label === SERVED)) return null;
  if (label !== undefined && labels.some((each) => each.label === label && each.version === version)) return null;
  const { promotion } = await moveLabel(cli, name, SERVED, { version, reason: "kept while a new version is tried" });
  if (!promotion) return version;
  throw new CommandFailure(
    `${name} has no version with the label ${SERVED}, and the label is protected: approve ${promotion.id} first.`,
  );
}

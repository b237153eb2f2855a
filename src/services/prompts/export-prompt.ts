import { stringify } from "yaml";
import type { VersionRow } from "../../storage/prompts/prompts.ts";

/** A version as a `.prompt.yaml` file: byte for byte what was published, or, where that was JSON, the same document as YAML. */
export function exportYaml(row: Pick<VersionRow, "source" | "format">): string {
  return row.format === "yaml" ? row.source : stringify(JSON.parse(row.source));
}

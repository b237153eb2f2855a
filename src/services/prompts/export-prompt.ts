import { stringify } from "yaml";
import type { PromptVersion } from "./resolve-prompt.ts";

/**
 * A version as a `.prompt.yaml` file: byte for byte as published, or, for a version that was
 * published as JSON, the same document as YAML.
 */
export function exportYaml(version: Pick<PromptVersion, "source" | "format">): string {
  return version.format === "yaml" ? version.source : stringify(JSON.parse(version.source));
}

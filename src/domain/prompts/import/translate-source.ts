import { fromDotprompt, isDotprompt } from "./dotprompt.ts";
import type { Findings } from "./findings.ts";
import { fromGithubModels, isGithubModels } from "./github-models.ts";
import { fromPrompty } from "./prompty.ts";
import type { SourceBody } from "./read-source.ts";

/**
 * The fields of a file by our names, whatever format it is in: ours, GitHub Models' `*.prompt.yml`,
 * Microsoft's `.prompty` or Google's dotprompt. The last two have a `body` below their front
 * matter. Adds faults and warnings about what has no counterpart to `findings`.
 */
export function translateSource(
  data: Record<string, unknown>,
  body: SourceBody | undefined,
  findings: Findings,
): Record<string, unknown> {
  if (body !== undefined) {
    return isDotprompt(data, body.text) ? fromDotprompt(data, body, findings) : fromPrompty(data, body.text, findings);
  }
  return isGithubModels(data) ? fromGithubModels(data, findings) : data;
}

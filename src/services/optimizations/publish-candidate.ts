import { AppError, toAppError } from "../../domain/errors.ts";
import { draftSource } from "../../domain/optimizations/draft-source.ts";
import type { OptimizationRun, Publication } from "../../domain/optimizations/optimization.ts";
import type { PromptMessages } from "../../domain/optimizations/prompt-texts.ts";
import { importPrompt } from "../../domain/prompts/import/import-prompt.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";
import { actAs } from "../audit/act-as.ts";
import type { OptimizationDeps } from "./optimization-deps.ts";

/** The newest versions among which one is looked for that this optimisation published before. */
const LOOKED_AT = 200;

/**
 * Publishes a candidate as the newest version of its prompt, without a label, once: a worker that
 * takes the step again finds the version by its content, which names the optimisation. Where it
 * cannot be published, the result says why.
 */
export async function publishCandidate(
  deps: OptimizationDeps,
  run: OptimizationRun,
  position: number,
  messages: PromptMessages,
): Promise<Publication> {
  const { tenant_id, id, key_id, plan } = run;
  const { name, version } = plan.prompt;
  try {
    const { row } = await deps.resolve(tenant_id, plan.prompt, 0, true);
    const source = draftSource(name, row.definition, messages, { optimized_from: version, optimization: id });
    requireSame(source, name, { ...row.definition, messages });
    const hash = await sha256Hex(source);
    const { data } = await deps.listVersions(tenant_id, { name, limit: LOOKED_AT });
    const before = data.find(({ content_hash }) => content_hash === hash);
    if (before) return { position, published: before.version, fault: null };
    const file = { name, source, format: "json", expected: "any" } as const;
    const author = { actor: key_id, request_id: null };
    const published = await actAs(author, async () => deps.publishPrompt(tenant_id, file));
    return { position, published: published.version.version, fault: null };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.status >= 500) throw thrown;
    return { position, published: null, fault: error.detail };
  }
}

/** A file that means anything else than what was tried must not be published. */
function requireSame(source: string, name: string, tried: PromptDefinition): void {
  const { definition } = importPrompt(source, "json", name);
  const compared = ({ includes: _pins, metadata: _made, ...rest }: PromptDefinition) => stableJson(rest);
  if (compared(definition) === compared(tried)) return;
  throw new AppError("validation_error", "The version cannot be written as a file again with nothing else changed.");
}

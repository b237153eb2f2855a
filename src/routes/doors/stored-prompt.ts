import { resolveModel } from "../../domain/completions/models.ts";
import type { DoorName } from "../../domain/completions/relay.ts";
import { parseUpstreamModel } from "../../domain/completions/upstream.ts";
import type { DoorRequest, WireBody } from "../../domain/doors/door.ts";
import { parsePromptModel } from "../../domain/doors/model-name.ts";
import { readStoredPrompt, type StoredPromptCall } from "../../domain/doors/responses/read-stored-prompt.ts";
import { invalid } from "../../domain/errors.ts";
import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import { nameSchema } from "../../domain/name.ts";
import { parsePromptReference, type PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { AppContext } from "../../middleware/context.ts";

/** The stored prompt that a request at a door runs. */
export interface AskedPrompt {
  reference: PromptReference;
  /** Its variables, where the body has a place for them. */
  variables?: Record<string, unknown>;
  /** The model in place of the prompt's own, where the body names both. */
  model?: string;
}

/**
 * The stored prompt that a request is for: by OpenAI's `prompt: {id, version, variables}`, by
 * `prompt:<name>` as its model, or by an alias in place of either; undefined for a request of its
 * own messages. Throws `validation_error` for what names none.
 */
export async function findStoredPrompt(
  c: AppContext,
  door: DoorName,
  body: WireBody,
  { model }: Pick<DoorRequest, "model">,
): Promise<AskedPrompt | undefined> {
  const call = door === "responses" ? readStoredPrompt(body) : undefined;
  if (call) {
    const reference = await referenceOf(c, call);
    return { reference, variables: call.variables, ...(model !== "" && { model }) };
  }
  const named = parsePromptModel(model);
  if (named) return { reference: named };
  if (resolveModel(model) || parseUpstreamModel(model)) return undefined;
  const reference = await aliasOf(c, model);
  return reference && { reference };
}

/**
 * A prompt's own name comes before an alias that is spelled alike, so that whoever names prompts
 * does not depend on aliases. OpenAI's clients name a version by its number, as a text; any other
 * text is a label of ours.
 */
async function referenceOf(c: AppContext, { id, version }: StoredPromptCall): Promise<PromptReference> {
  const named = parsePromptReference(id);
  const known = named && (await isPrompt(c, named)) ? named : ((await aliasOf(c, id)) ?? named);
  if (!known) throw invalid([{ path: "prompt.id", message: "is neither an alias nor the name of a prompt" }]);
  if (version === undefined) return known;
  const { name } = known;
  if (/^[1-9]\d{0,8}$/.test(version)) return { name, version: Number(version) };
  if (nameSchema.safeParse(version).success) return { name, label: version };
  throw invalid([{ path: "prompt.version", message: "is neither a version nor a label" }]);
}

async function isPrompt(c: AppContext, { name }: PromptReference): Promise<boolean> {
  // OpenAI's own ids are aliases here, and a lookup of a prompt that is not there is not remembered
  // for long.
  if (name.startsWith(OPENAI_ID)) return false;
  return c.var.services.hasPrompt(c.get("principal").tenant_id, name);
}

async function aliasOf(c: AppContext, alias: string): Promise<PromptReference | undefined> {
  const { no_cache } = parseCacheControl(c.req.header("cache-control"));
  return c.var.services.resolveAlias(c.get("principal").tenant_id, alias, no_cache);
}

/** What the ids of prompts at OpenAI begin with. */
const OPENAI_ID = "pmpt_";

import { useEffect, useState } from "preact/hooks";
import type { IncludedPrompt } from "../../../../domain/prompts/included-prompt.ts";
import type { PromptDefinition } from "../../../../domain/prompts/prompt.ts";
import { ApiError } from "../../../../client/errors.ts";
import { api } from "../../../api/client.ts";
import type * as checking from "./check-source.ts";
import type { CheckedSource } from "./checked-source.ts";

/** How long the text rests before it is checked, ms. */
const REST_MS = 150;

/** The checks of prompt files, which are the server's own. */
export type Checks = typeof checking;

/** What is known of the text in the editor. */
export interface SourceCheck {
  /** Null until the checks have loaded. */
  checks: Checks | null;
  checked: CheckedSource | null;
  /** The text that was checked. */
  of: string;
  error: Error | null;
}

const NOT_CHECKED: SourceCheck = { checks: null, checked: null, of: "", error: null };

/** The checks, once they have loaded. */
export function useChecks(): Checks | null {
  const [checks, setChecks] = useState<Checks | null>(null);
  useEffect(() => {
    void import("./check-source.ts").then(setChecks);
  }, []);
  return checks;
}

/** Checks a text as it is typed, with what it includes as it is published now. */
export function useCheckedSource(name: string, text: string | null): SourceCheck {
  const [check, setCheck] = useState(NOT_CHECKED);
  useEffect(() => {
    if (text === null) return undefined;
    const leave = new AbortController();
    const run = async () => {
      const checks = await import("./check-source.ts");
      const first = checks.checkSource(name, text, new Map());
      const checked =
        first.references.length === 0
          ? first
          : checks.checkSource(name, text, await included(checks, first.references, leave.signal));
      if (!leave.signal.aborted) setCheck({ checks, checked, of: text, error: null });
    };
    const timer = setTimeout(() => {
      run().catch((error: Error) => {
        if (!leave.signal.aborted) setCheck((known) => ({ ...known, error }));
      });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [name, text]);
  return check;
}

async function included(checks: Checks, references: readonly string[], signal: AbortSignal) {
  return new Map(
    await Promise.all(
      references.map(async (reference) => [reference, await findIncluded(checks, reference, signal)] as const),
    ),
  );
}

async function findIncluded(
  { parsePromptReference, toIncluded }: Checks,
  reference: string,
  signal: AbortSignal,
): Promise<IncludedPrompt | string> {
  const wanted = parsePromptReference(reference);
  if (!wanted) return 'that is not the form of "name", "name@label" or "name#version"';
  try {
    const { name, version, definition, includes } = await api.prompts.get(wanted.name, { ...wanted, signal });
    const pinned = includes.map((each) => ({ ...each, depth: 1 }));
    return toIncluded({
      name,
      version,
      definition: { ...(definition as unknown as PromptDefinition), includes: pinned },
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return error.problem.detail;
    throw error;
  }
}

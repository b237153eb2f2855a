import { createHash } from "node:crypto";
import type { DeclaredVariable, PbtEdge } from "../../client/index.ts";
import { inParallel } from "../project/in-parallel.ts";
import { isSelected } from "../project/select.ts";
import { whereStored } from "../project/where-stored.ts";

/** A stored prompt as a client of MCP may use it. */
export interface OfferedPrompt {
  name: string;
  /** Its name as a tool: letters, digits, `_` and `-`, which is what models take. */
  toolName: string;
  description: string;
  variables: Record<string, DeclaredVariable>;
}

/** How long what is offered is taken as known, in ms: clients ask for both lists at once. */
const KNOWN_MS = 5_000;
const MOST_TOOL_NAME = 64;
const DIGEST_LENGTH = 8;

/** The stored prompts that are offered, read anew from the server every few seconds. */
export class StoredPrompts {
  readonly #client: PbtEdge;
  readonly #selectors: readonly string[];
  readonly #label: string | undefined;
  readonly #now: () => number;
  #known: { at: number; prompts: Promise<OfferedPrompt[]> } | null = null;

  constructor(options: { client: PbtEdge; selectors: readonly string[]; label?: string; now: () => number }) {
    this.#client = options.client;
    this.#selectors = options.selectors;
    this.#label = options.label;
    this.#now = options.now;
  }

  /** Everything that is offered. */
  async list(): Promise<OfferedPrompt[]> {
    if (this.#known === null || this.#now() - this.#known.at > KNOWN_MS) {
      const prompts = this.#read();
      this.#known = { at: this.#now(), prompts };
      prompts.catch(() => (this.#known = null));
    }
    return this.#known.prompts;
  }

  /** The messages of a prompt with its variables filled in. */
  async render(name: string, variables: Record<string, unknown>) {
    return this.#client.prompts.render(name, { variables, label: this.#label });
  }

  /** Executes a prompt. */
  async execute(name: string, variables: Record<string, unknown>, signal: AbortSignal | undefined) {
    return this.#client.execute(name, { variables, label: this.#label, signal });
  }

  async #read(): Promise<OfferedPrompt[]> {
    const stored = await this.#client.prompts.list({ limit: 100 }).all();
    const chosen = stored.filter((prompt) => isSelected(prompt, this.#selectors));
    const found = await inParallel(chosen, async ({ name }) => {
      const prompt = await whereStored(this.#client.prompts.get(name, { label: this.#label }));
      if (!prompt) return [];
      const { definition } = prompt;
      const description = typeof definition["description"] === "string" ? definition["description"] : "";
      return [{ name, description, variables: (definition["variables"] ?? {}) as Record<string, DeclaredVariable> }];
    });
    const prompts = found.flat();
    const toolNames = toolNamesOf(prompts.map(({ name }) => name));
    return prompts.map((prompt, index) => ({ ...prompt, toolName: toolNames[index] ?? prompt.name }));
  }
}

/**
 * The name of each prompt as a tool. Where two would have the same, each gets a digest of its own
 * behind it, so that no name ever means another prompt than it did before one was added.
 */
export function toolNamesOf(prompts: readonly string[]): string[] {
  const plain = prompts.map((prompt) => prompt.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, MOST_TOOL_NAME));
  return prompts.map((prompt, index) => {
    const name = plain[index] ?? "";
    if (plain.indexOf(name) === plain.lastIndexOf(name)) return name;
    const digest = createHash("sha256").update(prompt).digest("hex").slice(0, DIGEST_LENGTH);
    return `${name.slice(0, MOST_TOOL_NAME - 1 - DIGEST_LENGTH)}_${digest}`;
  });
}

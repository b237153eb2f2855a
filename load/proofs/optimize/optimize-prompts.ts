import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { publishJson } from "../../../scripts/tenant.ts";
import { LEVELS } from "../../../src/domain/optimizations/shorten-text.ts";
import type { LocalStack } from "../../harness/local-stack.ts";
import type { PublicPrompt } from "./public-prompts.ts";

/** An optimisation as the API shows it. */
interface Shown {
  id: string;
  status: string;
  candidates: { origin: string; level: string | null; texts: string[]; trials: number }[];
  confirmation: { candidate: number; pass_rates: [number, number]; interval: [number, number]; shown: boolean } | null;
  published: number | null;
  cost_usd: number | null;
}

/** A prompt as it is published, with tests of its own. */
export interface PromptFile {
  name: string;
  model: string;
  messages?: PublicPrompt["messages"];
  tests: { inputs: Record<string, unknown>; expected?: string; expected_contains?: string[] }[];
}

/** What became of a prompt. Tokens are those of its templates. */
export interface Optimized {
  name: string;
  before: number;
  /** After the passes of each level, and of the shortest candidate. */
  levels: number[];
  shortest: number;
  /** Candidates that were tried, the version not counted. */
  tried: number;
  confirmation: Shown["confirmation"];
  /** Null where nothing was published. */
  published: number | null;
  faults: string[];
}

/** Optimisations at a time. */
const AT_ONCE = 5;
const POLL_MS = 200;
const MOST_POLLS = 600;

/** Publishes each prompt and optimises it over HTTP, in their order. */
export async function optimizePrompts({ edge }: LocalStack, files: readonly PromptFile[]): Promise<Optimized[]> {
  const found: Optimized[] = [];
  const waiting = files.map((file, place) => ({ file, place }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await publishJson(edge.url, edge.key, withAnswers(next.file));
      const shown = await optimize(edge, next.file.name);
      found[next.place] = {
        ...optimizedOf(next.file.name, shown),
        faults: await faultsOf(edge, next.file.name, shown),
      };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** The mock answers what the test expects. */
function withAnswers(file: PromptFile): PromptFile {
  const tests = file.tests.map((test) => {
    const answer = test.expected ?? test.expected_contains?.join(" ") ?? "";
    const [name = "", value] =
      Object.entries(test.inputs).find(([, each]) => typeof each === "string" && each !== "") ?? [];
    return { ...test, inputs: { ...test.inputs, [name]: `${String(value)} [[mock:${JSON.stringify({ answer })}]]` } };
  });
  return { ...file, tests };
}

async function optimize({ url, key }: LocalStack["edge"], name: string): Promise<Shown> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ goal: "tokens", min_saving: 0.01, reflections: 0, max_cost_usd: 100 });
  const path = `${url}/v1/prompts/${encodeURIComponent(name)}/optimize`;
  const started = await fetch(path, { method: "POST", headers, body });
  if (started.status !== 202) throw new Error(`${name}: ${started.status} ${await started.text()}`);
  const { id } = (await started.json()) as Shown;
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const shown = (await (await fetch(`${url}/v1/optimizations/${id}`, { headers })).json()) as Shown;
    if (shown.status !== "running") return shown;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${name} did not end`);
}

function optimizedOf(name: string, { candidates, confirmation, published }: Shown): Omit<Optimized, "faults"> {
  const tokens = candidates.map(({ texts }) => texts.reduce((sum, text) => sum + encode(text).length, 0));
  const [before = 0] = tokens;
  // A level that changes nothing more is not listed.
  let last = before;
  const levels = LEVELS.map((level) => {
    const at = candidates.findIndex((each) => each.origin === "passes" && each.level === level);
    last = tokens[at] ?? last;
    return last;
  });
  const saved = published === null ? null : (tokens[confirmation?.candidate ?? 0] ?? null);
  const tried = candidates.slice(1).filter(({ trials }) => trials > 0).length;
  return { name, before, levels, shortest: Math.min(...tokens), tried, confirmation, published: saved };
}

/** What is published was shown to be as good, is the newest version, and has no label. */
async function faultsOf({ url, key }: LocalStack["edge"], name: string, found: Shown): Promise<string[]> {
  const reply = await fetch(`${url}/v1/prompts/${encodeURIComponent(name)}?version=${found.published ?? 1}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const { labels } = (await reply.json()) as { labels: string[] };
  return [
    ...(found.status === "completed" ? [] : [`it ended as ${found.status}`]),
    ...(found.published === null || found.confirmation?.shown === true ? [] : ["it was published and not shown"]),
    ...(labels.some((label) => label !== "latest") ? ["a label moved"] : []),
    ...(reply.ok ? [] : [`the version cannot be read: ${reply.status}`]),
  ].map((fault) => `${name}: ${fault}`);
}

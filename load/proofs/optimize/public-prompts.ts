import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { parse } from "yaml";
import { AppError } from "../../../src/domain/errors.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";

/** A prompt of a public repository. */
export interface PublicPrompt {
  /** The repository, the file, and the constant in it where it holds several prompts. */
  name: string;
  messages: { role: "system" | "user" | "assistant"; content: string }[];
}

/** How a repository keeps its prompts. */
type Dialect = "jinja" | "prompty" | "semantic-kernel" | "python" | "autoevals" | "plain";

interface Source {
  repository: string;
  commit: string;
  licence: string;
  files: RegExp;
  dialect: Dialect;
}

/** Public repositories that keep prompts as files or constants, and their licences. */
export const SOURCES: readonly Source[] = [
  {
    repository: "danielmiessler/fabric",
    commit: "272f04dd3278f99bee49e94a7747b54708745a5d",
    licence: "MIT",
    files: /^data\/patterns\/[^/]+\/system\.md$/,
    dialect: "plain",
  },
  {
    repository: "microsoft/promptflow",
    commit: "6e76ef49beda52187d8ae38d710632cfeabedde4",
    licence: "MIT",
    files: /^(?:examples|src\/promptflow-evals)\/.*\.(?:jinja2|prompty)$/,
    dialect: "prompty",
  },
  {
    repository: "microsoft/semantic-kernel",
    commit: "b39d95a34435f4c1d55dd00c86120ce118d847e1",
    licence: "MIT",
    files: /^prompt_template_samples\/.*\/skprompt\.txt$/,
    dialect: "semantic-kernel",
  },
  {
    repository: "microsoft/graphrag",
    commit: "6dad6d2b059589624035714d8dcfde94ecc0a5fb",
    licence: "MIT",
    files: /\/graphrag\/(?:prompts|prompt_tune\/(?:prompt|template))\/.*\.py$/,
    dialect: "python",
  },
  {
    repository: "braintrustdata/autoevals",
    commit: "edfa259bb568c17b5089335262418744f9cc95f2",
    licence: "MIT",
    files: /^templates\/.*\.yaml$/,
    dialect: "autoevals",
  },
  {
    repository: "mem0ai/mem0",
    commit: "8d5b7865bd0521e75fe9ab1b260eeccc83f8a378",
    licence: "Apache-2.0",
    files: /^mem0\/configs\/prompts\.py$/,
    dialect: "python",
  },
  {
    repository: "All-Hands-AI/OpenHands",
    commit: "156d0686c46aafb0fa9d291da6421fb6f64dddc0",
    licence: "MIT",
    files: /^(?:openhands|evaluation)\/.*\.j2$/,
    dialect: "jinja",
  },
  {
    repository: "Azure-Samples/contoso-chat",
    commit: "028921fe3209db3216075d34ced6c109de132533",
    licence: "MIT",
    files: /^src\/.*\.prompty$/,
    dialect: "prompty",
  },
  {
    repository: "Aider-AI/aider",
    commit: "5dc9490bb35f9729ef2c95d00a19ccd30c26339c",
    licence: "Apache-2.0",
    files: /^aider\/(?:coders\/\w+_)?prompts\.py$/,
    dialect: "python",
  },
  {
    repository: "anthropics/anthropic-cookbook",
    commit: "4b36a1e1f64361397f4cbe4fbc7cdace338f16f8",
    licence: "MIT",
    files: /^patterns\/agents\/prompts\/.*\.md$/,
    dialect: "plain",
  },
];

/** The prompts that are drawn of each repository. */
const OF_EACH = 3;
/** Shorter ones have nothing to shorten, in bytes; longer ones are documents. */
const LENGTHS = [400, 40_000] as const;
const MOST_NON_ASCII = 0.02;

/**
 * Prompts of clones at `<folder>/<owner>/<name>`: three of each repository, those whose names have
 * the smallest hashes, so that nobody chose them; and as `held` the next three, where there are so
 * many. Prompts that are not English, do not parse as Jinja, or are very short or long are not
 * drawn.
 */
export function drawPublicPrompts(folder: string): { seen: PublicPrompt[]; held: PublicPrompt[] } {
  const drawn = SOURCES.map((source) =>
    promptsOf(folder, source)
      .filter(isDrawable)
      .map((prompt) => ({ prompt, order: createHash("sha256").update(prompt.name).digest("hex") }))
      .toSorted((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ prompt }) => prompt),
  );
  return {
    seen: drawn.flatMap((prompts) => prompts.slice(0, OF_EACH)),
    held: drawn.flatMap((prompts) => prompts.slice(OF_EACH, 2 * OF_EACH)),
  };
}

function isDrawable({ messages }: PublicPrompt): boolean {
  const template = messages.map(({ content }) => content).join("\n");
  const bytes = Buffer.byteLength(template);
  const foreign = Array.from(template).filter((character) => character > "\u007F").length;
  return (
    bytes >= LENGTHS[0] &&
    bytes <= LENGTHS[1] &&
    foreign <= MOST_NON_ASCII * bytes &&
    messages.every(({ content }) => parses(content))
  );
}

function parses(template: string): boolean {
  try {
    parseTemplate(template, "template");
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function promptsOf(folder: string, { repository, commit, files, dialect }: Source): PublicPrompt[] {
  const clone = join(folder, repository);
  const paths = git(clone, ["ls-tree", "-r", "--name-only", commit])
    .toString()
    .split("\n")
    .filter((path) => files.test(path));
  const texts = filesOf(clone, commit, paths);
  return paths.flatMap((path, at) =>
    templatesIn(texts[at] ?? "", dialect).map(({ name, template }) => ({
      name: `${repository}/${path}${name === "" ? "" : `#${name}`}`,
      messages: messagesOf(template.trim()),
    })),
  );
}

/** The files of a commit, in the order of their paths. */
function filesOf(clone: string, commit: string, paths: readonly string[]): string[] {
  const all = git(clone, ["cat-file", "--batch"], paths.map((path) => `${commit}:${path}\n`).join(""));
  let at = 0;
  return paths.map((path) => {
    const end = all.indexOf("\n", at);
    const size = Number(/ blob (\d+)$/.exec(all.subarray(at, end).toString())?.[1]);
    if (Number.isNaN(size)) throw new Error(`${clone} lacks ${path}`);
    at = end + 1 + size + 1;
    return all.subarray(end + 1, end + 1 + size).toString();
  });
}

/** A line with a role alone begins a message, if the first line is one. */
function messagesOf(template: string): PublicPrompt["messages"] {
  const parts = template.split(/^#?[ \t]*(system|user|assistant):[ \t]*$/im);
  if (parts.length === 1 || parts[0]?.trim() !== "") return [{ role: "user", content: template }];
  return parts.flatMap((role, at) => {
    const isRole = at % 2 === 1;
    const content = parts[at + 1]?.trim() ?? "";
    return isRole && content !== ""
      ? [{ role: role.toLowerCase() as PublicPrompt["messages"][number]["role"], content }]
      : [];
  });
}

function git(clone: string, args: string[], input = ""): Buffer {
  const { status, stdout, stderr } = spawnSync("git", ["-C", clone, ...args], { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`git ${args[0]} in ${clone}: ${stderr.toString()}`);
  return stdout;
}

/** The prompts of a file, their variables as ours. */
function templatesIn(text: string, dialect: Dialect): { name: string; template: string }[] {
  switch (dialect) {
    case "jinja":
      return [{ name: "", template: text }];
    case "plain":
      return [{ name: "", template: text.replaceAll(/\{(?=[{%#])/g, "{ ") }];
    case "prompty":
      return [{ name: "", template: text.replace(/^---\n[\s\S]*?\n---\n/, "") }];
    case "semantic-kernel":
      return [{ name: "", template: text.replaceAll(/\{\{\s*\$([\w]+)\s*\}\}/g, "{{ $1 }}") }];
    case "autoevals": {
      const { prompt } = parse(text) as { prompt: string };
      return [{ name: "", template: prompt.replaceAll(/\{\{\{([\w]+)\}\}\}/g, "{{ $1 }}") }];
    }
    case "python":
      break;
  }
  return pythonTemplates(text);
}

/** The constants of several lines. Only text with a place for a variable is formatted. */
function pythonTemplates(text: string): { name: string; template: string }[] {
  return [...text.matchAll(/^(?: {4})?(\w+)\s*=\s*\(?\s*(f?)"""([\s\S]*?)"""/gm)].map(
    ([, name = "", formatted, body = ""]) => {
      const plain = body.replaceAll("\\\n", "").replaceAll('\\"', '"');
      const isFormat = formatted === "f" || /(?<!\{)\{\w+\}(?!\})/.test(plain);
      return { name, template: isFormat ? formatToJinja(plain) : plain.replaceAll(/\{(?=[{%#])/g, "{ ") };
    },
  );
}

/** `{name}` is a variable there, and a brace is written twice. */
function formatToJinja(text: string): string {
  return text.replaceAll(/\{\{|\}\}|\{([^{}\n]*)\}/g, (found, expression: string | undefined) => {
    if (expression === undefined) return found === "{{" ? "{" : "}";
    return `{{ ${expression.replaceAll(/\W+/g, "_").replaceAll(/^_|_$/g, "") || "value"} }}`;
  });
}

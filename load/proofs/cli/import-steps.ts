import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import type { CliWorld } from "./world.ts";

const EXPORTS = resolve("test/fixtures/imports");

/** A kind of export, its files, and what is told of them. */
interface Export {
  kind: string;
  files: readonly string[];
  told: RegExp;
  /** What each prompt is called with. */
  calls: Readonly<Record<string, readonly string[]>>;
}

const PHOTO = "https://photos.example/cat.png";

/** In the order in which they are pushed: a prompt that others include comes first, with its label. */
const KINDS: readonly Export[] = [
  {
    kind: "openai-prompts",
    files: ["openai-prompt.json", "openai-request.json", "openai-response.json"],
    told: /pbt-edge alias pmpt_68b0c5e1\S+ customer-support[^]*file_search/,
    calls: {
      "customer-support": ["company=Acme", "language=English", "question=Where?", `screenshot=${PHOTO}`],
      "openai-request": ["document=No. 7, 12 EUR"],
      pmpt_68b0c6aa11: ["language=French", "text=Hello"],
    },
  },
  {
    kind: "langfuse",
    files: ["langfuse-chat.json", "langfuse-list.json"],
    told: /config\.owner[^]*--to production[^]*an older version/,
    calls: {
      "movie-critic": ["criticLevel=harsh", "movie=Alien"],
      "support/reply": ["company=Acme", "question=Where?"],
    },
  },
  {
    kind: "openai-evals",
    files: ["openai-eval-run.json"],
    told: /tests\/capital-cities\.test\.yaml/,
    calls: { "capital-cities": ["country=France"] },
  },
  {
    kind: "promptfoo",
    files: ["promptfoo/promptfooconfig.yaml"],
    told: /not taken over: providers\.2[^]*javascript/,
    calls: {
      reply: ["company=Acme", "question=Where?"],
      chat: ["company=Acme", "question=Where?"],
      short: ["question=Why?"],
    },
  },
  {
    kind: "github-models",
    files: ["summarizer.prompt.yml", "structured.prompt.yml"],
    told: /starts_with/,
    calls: { summarizer: ["input=It rained."], structured: ["animal=otter"] },
  },
  {
    kind: "prompty",
    files: ["contoso.prompty", "support.prompty"],
    told: /Contoso Chat/,
    calls: {
      contoso: ["firstName=Jane", "question=Which?", 'documents=[{"title": "Tent", "content": "900 g"}]'],
      support: ["ticket=Late."],
    },
  },
  {
    kind: "dotprompt",
    files: ["menu.prompt", "chat.prompt"],
    told: /✓ prompts\/menu\.prompt/,
    calls: {
      menu: ["theme=pirates", "vegetarian=true", 'guests=[{"name": "Ada"}]'],
      chat: ["question=What is it?", `photo=${PHOTO}`, 'history=[{"role": "user", "content": "Hello"}]'],
    },
  },
];

/** Prompts of other tools become files that the server takes. */
export const IMPORT_STEPS: Record<string, (world: CliWorld) => Promise<void>> = {
  async "each kind of export becomes files of a project, which the server takes and executes"({ terminal, root }) {
    for (const { kind, files, told, calls } of KINDS) {
      const project = ["--project", join(root, "imported", kind)];
      const made = await terminal.run(["import", kind, ...files.map((file) => join(EXPORTS, file)), ...project]);
      assert.match(made.out, told);
      if (kind === "langfuse") {
        await terminal.run(["push", "--select", "shared/tone", "--label", "production", ...project]);
      }
      await terminal.run(["push", "--force", ...project]);
      for (const [name, values] of Object.entries(calls)) {
        const call = [name, "--at", "latest", ...values.flatMap((value) => ["--var", value])];
        await terminal.run(["render", ...call]);
        await terminal.run(["exec", ...call]);
      }
    }
    const again = ["import", "prompty", join(EXPORTS, "contoso.prompty"), "--project", join(root, "imported/prompty")];
    assert.match((await terminal.run(again, { code: 2 })).err, /there already/);
  },

  async "tests that were imported run, and tell what the answer lacks"({ terminal, root, mock }) {
    await mock.profile({ default: { answer: "Paris" } });
    const evals = join(root, "imported/openai-evals");
    const tested = await terminal.run(["test", "capital-cities", "--project", evals], { code: 1 });
    assert.match(tested.out, /item 2[^]*equals: expected Tokyo|item 2[^]*Tokyo/);
    await mock.profile({ default: { answer: "Summary - it rained." } });
    const models = join(root, "imported/github-models");
    assert.match((await terminal.run(["test", "summarizer", "--project", models], { code: 1 })).out, /testData 1/);
    await mock.profile({});
  },
};

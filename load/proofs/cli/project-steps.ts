import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "./terminal.ts";
import { type CliWorld, editIn, writeIn } from "./world.ts";

/** Ten prompt files in the formats that projects have. */
const PROMPTS: Readonly<Record<string, string>> = {
  "prompts/hello.prompt.yaml": `# Greets.\nname: hello\nmodel: gpt-4o-mini\ntemplate: "Greet {{ who }}, {{ times }} times."\nvariables:\n  who: { type: string, required: true }\n  times: { type: integer, default: 1 }\ntags: [greeting]\n`,
  "prompts/support/answer.prompt.yaml": `name: support/answer\nmodel: gpt-4o-mini\ntemplate: |\n  {% include "legal/notice" %}\n  Answer: {{ question }}\nvariables: {question: {type: string, required: true}}\n`,
  "prompts/support/triage.prompt.yaml": `name: support/triage\nmodel: claude-haiku-4-5\ntemplate: "Route: {{ body }}"\ntags: [support]\n`,
  "prompts/legal/notice.prompt.yaml": `name: legal/notice\nmodel: gpt-4o-mini\ntemplate: "Give no legal advice."\n`,
  "prompts/translate.prompt.yml": `name: translate\nmodel: gpt-4o-mini\ntemplate: "Translate to {{ language }}: {{ text }}"\nvariables:\n  language: {type: string, options: [French, German], required: true}\n  text: {type: string, required: true}\n`,
  "prompts/review.yaml": `name: review\nmodel: gpt-4o-mini\nmessages:\n  - {role: system, content: "Review code."}\n  - {role: user, content: "{{ code }}"}\n`,
  "prompts/joke.prompty": `---\nname: joke\nmodel: gpt-4o-mini\ninputs:\n  topic: {type: string}\n---\nsystem:\nTell jokes.\n\nuser:\nA joke about {{topic}}.\n`,
  "prompts/summary.prompt": `---\nmodel: gpt-4o-mini\ninput:\n  schema:\n    text: string\n---\nSummarize: {{text}}\n`,
  "prompts/tagged.prompt.yml": `name: tagged\nmessages:\n  - {role: user, content: "Tag {{text}}."}\nmodel: openai/gpt-4o-mini\nmodelParameters: {temperature: 0.1}\n`,
  "prompts/ümlaut-free.prompt.yaml": `name: nothing\nmodel: gpt-4o-mini\ntemplate: "ok"\n`,
};

const TESTS = `prompt_file: prompts/hello.prompt.yaml
tests:
  - name: answers
    inputs: { who: Ada }
    assertions: [{ type: min_length, value: 1 }]
  - name: says hello
    inputs: { who: Bob }
    expected_contains: ["Hello Bob"]
`;

/** A project's whole way, each step after the last one. */
export const PROJECT_STEPS: Record<string, (world: CliWorld) => Promise<void>> = {
  async "init makes a project, and changes nothing where there is one"({ terminal, folder }) {
    await terminal.run(["init", "shop"]);
    assert.match(readFileSync(join(folder, "pbt.yaml"), "utf8"), /name: "shop"/);
    assert.match((await terminal.run(["init", "shop"])).out, /there already/);
    for (const [path, text] of Object.entries(PROMPTS)) writeIn(folder, path, text);
    writeIn(folder, "tests/hello.test.yaml", TESTS);
  },

  async "login keeps a key for its user alone, and refuses a wrong one"({ terminal, root, edge }) {
    const nothing = await terminal.run(["list"], { code: 2 });
    assert.match(nothing.err, /Run `pbt-edge login`/);
    const wrong = await terminal.run(["login", "--url", edge.url], { code: 2, input: "pbt_wrong" });
    assert.match(wrong.err, /does not take this key/);
    await terminal.run(["login", "--url", edge.url], { input: `${edge.key}\n` });
    assert.equal(statSync(join(root, "config/pbt-edge/profiles.json")).mode & 0o777, 0o600);
    assert.match((await terminal.run(["list"])).out, /No prompt is stored/);
    const other = { PBT_EDGE_URL: edge.url, PBT_EDGE_KEY: edge.key };
    await terminal.run(["list", "--profile", "other"], { code: 2, env: other });
    await terminal.run(["list"], { env: other });
  },

  async "a file that cannot be a prompt, and one with faults, publish nothing"({ terminal, folder }) {
    const name = await terminal.run(["push"], { cwd: folder, code: 2 });
    assert.match(name.err, /ümlaut-free/);
    renameSync(join(folder, "prompts/ümlaut-free.prompt.yaml"), join(folder, "prompts/last.prompt.yaml"));
    editIn(folder, "prompts/last.prompt.yaml", '"ok"', '"{% if %}"');
    const faulty = await terminal.run(["push"], { cwd: folder, code: 1 });
    assert.match(faulty.out, /✗ last .*template.*Nothing was published/s);
    assert.match((await terminal.run(["list"])).out, /No prompt is stored/);
    editIn(folder, "prompts/last.prompt.yaml", '"{% if %}"', '"ok"');
  },

  async "push --dry-run shows ten new prompts, push publishes them, and then nothing is left"({ terminal, folder }) {
    const dry = await terminal.run(["push", "--dry-run"], { cwd: folder });
    assert.match(dry.out, /10 new\. Nothing was published/);
    const pushed = await terminal.json<{ prompts: { name: string; status: string }[] }>(["push"], { cwd: folder });
    assert.equal(pushed.prompts.filter(({ status }) => status === "published").length, 10);
    const names = pushed.prompts.map(({ name }) => name);
    assert.ok(names.indexOf("legal/notice") < names.indexOf("support/answer"), "an include comes first");
    assert.match((await terminal.run(["push"], { cwd: folder })).out, /10 unchanged/);
  },

  async "of two changed files, diff shows both and push publishes only those"({ terminal, folder }) {
    await terminal.run(["promote", "hello", "--to", "production"], { cwd: folder });
    editIn(folder, "prompts/hello.prompt.yaml", '"Greet', '"Hello');
    editIn(folder, "prompts/translate.prompt.yml", "French, German", "French, German, Thai");
    const diff = await terminal.run(["diff", "--exit-code"], { cwd: folder, code: 1 });
    assert.match(diff.out, /- template: "Greet[^]*\+ template: "Hello/);
    const dry = await terminal.run(["push", "--dry-run", "--select", "state:modified"], { cwd: folder });
    assert.match(dry.out, /2 changed/);
    const pushed = await terminal.run(["push", "--label", "staging", "--select", "state:modified"], { cwd: folder });
    assert.match(pushed.out, /✓ hello #2 @staging published/);
    assert.match(pushed.out, /2 published/);
    assert.match((await terminal.run(["diff"], { cwd: folder })).out, /Nothing differs/);
  },

  async "tests pass and fail, with 1 as exit code and a report for a build server"({ terminal, folder, mock }) {
    await mock.profile({ default: { answer: "Hello Bob, hello Ada." } });
    await terminal.run(["test", "--repeat", "3", "--junit", "report.xml"], { cwd: folder });
    assert.match(readFileSync(join(folder, "report.xml"), "utf8"), /<testsuite [^]*says hello/);
    await mock.profile({ default: { answer: "No." } });
    const failing = await terminal.run(["test", "hello"], { cwd: folder, code: 1 });
    assert.match(failing.out, /✗ says hello[^]*contains_all/);
    await mock.profile({});
  },

  async "test --watch pushes and tests a prompt again once its file changes"({ terminal, folder, mock }) {
    await mock.profile({ default: { answer: "Hello Bob." } });
    const watching = terminal.start(["test", "hello", "--watch"], { cwd: folder });
    const lines = linesOf(watching.stderr);
    await untilLine(lines, /Waiting for changes/);
    editIn(folder, "prompts/hello.prompt.yaml", "tags: [greeting]", "tags: [greeting, warm]");
    await untilLine(lines, /hello is #3 now/);
    await untilLine(lines, /Waiting for changes/);
    watching.kill("SIGINT");
    await once(watching, "close");
    await mock.profile({});
  },

  async "promote moves the label, rollback takes that back, history shows both"({ terminal, folder }) {
    const promoted = await terminal.run(["promote", "hello", "--from", "staging", "--to", "production"], {
      cwd: folder,
    });
    assert.match(promoted.out, /hello@production is #2\. It was #1/);
    const back = await terminal.run(["rollback", "hello", "--reason", "incident 7"]);
    assert.match(back.out, /hello@production is #1 again/);
    const moves = await terminal.run(["history", "hello", "production"]);
    assert.match(moves.out, /#2 +#1 +rollback +key_\S+ +incident 7[^]*#1 +#2 +set/);
    await terminal.run(["promote", "hello", "--from", "2", "--to", "production"]);
    const history = await terminal.run(["history", "hello"]);
    assert.match(history.out, /#3[^]*#2 .*production.*staging/);
  },

  async "pull writes into another folder what was pushed, byte for byte"({ terminal, folder, root }) {
    const other = join(root, "other");
    await terminal.run(["pull", other]);
    const pulled = await terminal.json<{ prompts: { name: string; path: string }[] }>(["pull", other, "--dry-run"]);
    const local = await terminal.json<{ prompts: { name: string; path: string }[] }>(["push", "--dry-run"], {
      cwd: folder,
    });
    assert.equal(pulled.prompts.length, 10);
    for (const { name, path } of pulled.prompts) {
      const ours = local.prompts.find((each) => each.name === name)?.path ?? "";
      assert.ok(readFileSync(join(other, path)).equals(readFileSync(join(folder, ours))), `${path} differs`);
    }
  },

  async "pull keeps a file with changes that were never pushed"({ terminal, folder }) {
    editIn(folder, "prompts/hello.prompt.yaml", '"Hello', '"Hi');
    const kept = await terminal.run(["pull", "--select", "hello"], { cwd: folder, code: 1 });
    assert.match(kept.out, /never pushed/);
    await terminal.run(["pull", "--select", "hello", "--force"], { cwd: folder });
    assert.match((await terminal.run(["diff"], { cwd: folder })).out, /Nothing differs/);
  },
};

async function untilLine(lines: AsyncGenerator<string, undefined>, wanted: RegExp): Promise<void> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) if (wanted.test(next.value)) return;
  throw new Error(`it ended before ${String(wanted)}`);
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "./terminal.ts";
import { type CliWorld, editIn, writeIn } from "./world.ts";

/** Types into an interactive zsh, and prints what it shows. */
const TYPE_IN_ZSH = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -D -u; source <(pbt-edge completion zsh); print -r LOA''DED'
zpty -r -m shell seen '*LOADED*'
zpty -w -n shell "$1"
zpty -r -m shell seen '*triage*'
print -r -- $seen
zpty -d shell`;

/** Every other command once. */
export const COMMAND_STEPS: Record<string, (world: CliWorld) => Promise<void>> = {
  async "render and exec fill in a prompt; the answer alone is the output"({ terminal, folder, mock }) {
    await mock.profile({ default: { answer: "An answer." } });
    writeIn(folder, "who.txt", "Ada");
    const call = ["hello", "--var", "who=@who.txt", "--var", "times=3"];
    assert.match((await terminal.run(["render", ...call], { cwd: folder })).out, /Hello Ada, 3 times/);
    const executed = await terminal.run(["exec", ...call], { cwd: folder });
    assert.equal(executed.out, "An answer.\n");
    assert.match(executed.err, /gpt-4o-mini · #2@production · .* tokens · \$0\.0.* · exe_/);
    assert.equal((await terminal.run(["exec", ...call, "--stream"], { cwd: folder })).out, "An answer.\n");
    const lines = (await terminal.run(["exec", ...call, "--stream", "--json"], { cwd: folder })).out.trim().split("\n");
    assert.equal((JSON.parse(lines.at(-1) ?? "") as { type: string }).type, "done");
    const wrong = await terminal.run(["exec", "hello", "--var", "who=Ada", "--var", "times=many"], { code: 2 });
    assert.match(wrong.err, /takes an integer/);
    assert.match((await terminal.run(["exec", "hello"], { code: 1 })).err, /variables\.who/);
    assert.match((await terminal.run(["exec", "none"], { code: 1 })).err, /pbt-edge list/);
    await mock.profile({});
  },

  async "label splits a label among versions, and deletes it"({ terminal }) {
    const split = await terminal.run(["label", "hello", "beta", "1=90", "2=10"]);
    assert.match(split.out, /hello@beta is #1 \(90\), #2 \(10\) now/);
    await terminal.run(["label", "hello", "beta", "--delete", "--reason", "tried"]);
    assert.doesNotMatch((await terminal.run(["history", "hello"])).out, /beta/);
    assert.match((await terminal.run(["history", "hello", "beta"])).out, /nothing +deletion .*tried/);
    assert.match((await terminal.run(["label", "hello", "beta"], { code: 2 })).err, /--delete/);
  },

  async "a protected label moves once another key has approved"({ terminal, edge }) {
    const scopes = ["--scope", "prompts:read", "prompts:write", "prompts:approve"];
    const made = await terminal.run(["keys", "create", "lead", ...scopes]);
    const env = { PBT_EDGE_URL: edge.url, PBT_EDGE_KEY: made.out.trim() };
    await terminal.run(["protect", "joke", "production", "--variables", "--approvals", "1"], { env });
    const asked = await terminal.run(["promote", "joke", "--to", "production"]);
    assert.match(asked.out, /joke@production nothing → #1 pending[^]*… approvals/);
    const [{ id }] = await terminal.json<[{ id: string }]>(["promotions", "--status", "pending"]);
    assert.match((await terminal.run(["promotions", "show", id])).out, /nothing → #1 pending/);
    await terminal.run(["promotions", "approve", id], { env });
    const waited = await terminal.run(["promote", "joke", "--to", "production", "--wait"]);
    assert.match(waited.out, /#1/);
    assert.match((await terminal.run(["history", "joke", "production"])).out, /nothing +#1 +promotion/);
    await terminal.run(["protect", "joke", "--off"], { env });
    await terminal.run(["protect", "joke", "beta", "--approvals", "1"], { env });
    await terminal.run(["promote", "joke", "--to", "beta"]);
    const [{ id: other }] = await terminal.json<[{ id: string }]>(["promotions", "list", "--status", "pending"]);
    assert.match((await terminal.run(["promotions", "cancel", other])).out, /nothing → #1 cancelled/);
    await terminal.run(["protect", "joke", "beta", "--off"], { env });
  },

  async "compare shows subjects and pairs, optimize what it tried"({ terminal, root }) {
    writeIn(root, "inputs.ndjson", '{"who": "Ada"}\n{"who": "Bob"}\n');
    const compared = await terminal.run(["compare", "hello", "1", "2:gpt-4o-mini", "--inputs", "inputs.ndjson"]);
    assert.match(compared.out, /A #1[^]*B #2 gpt-4o-mini[^]*A beside B: no difference is shown/);
    const optimized = await terminal.run(["optimize", "joke", "--max-cost", "0.1"], { code: 1 });
    assert.match(optimized.out, /0 original[^]*Nothing was published/);
  },

  async "chain publishes a file and runs it; its result alone is the output"(world) {
    const { terminal, root, mock } = world;
    await mock.profile({ default: { answer: "An answer." } });
    const steps = "steps:\n  - { id: joke, prompt: joke, variables: { topic: '{{ inputs.topic }}' } }\n";
    writeIn(root, "fun.chain.yaml", `name: fun\ninputs: { topic: { type: string, required: true } }\n${steps}`);
    await terminal.run(["chain", "push", "fun.chain.yaml"]);
    await terminal.run(["chain", "label", "fun", "production", "1"]);
    assert.match((await terminal.run(["chain", "labels", "fun"])).out, /#1 .*production/);
    assert.match((await terminal.run(["chain", "history", "fun", "production"])).out, /nothing +#1/);
    assert.match((await terminal.run(["chain"])).out, /fun +#1/);
    await chainLabelSteps(world);
    const run = await terminal.run(["chain", "run", "fun", "--input", "topic=cats"]);
    assert.equal(run.out, "An answer.\n");
    assert.match(run.err, /✓ joke joke, succeeded/);
    const streamed = await terminal.run(["chain", "run", "fun", "--input", "topic=cats", "--stream"]);
    assert.equal(streamed.out, run.out);
    await mock.profile({});
  },

  async "batch executes a file once, however often it is called, and writes the results"({ terminal, root, mock }) {
    const lines = ["Ada", "Bob", "Eve"].map((who) => JSON.stringify({ who }));
    writeIn(root, "items.ndjson", lines.join("\n"));
    const call = ["batch", "items.ndjson", "--prompt", "hello", "--output", "results.ndjson"];
    const first = await terminal.run(call);
    assert.match(first.out, /completed: 3 succeeded · \$/);
    const calls = await mock.callCount();
    const again = await terminal.run(call);
    assert.equal(again.out, first.out);
    assert.equal(await mock.callCount(), calls, "the same file was executed twice");
    const results = readFileSync(join(root, "results.ndjson"), "utf8").trim().split("\n");
    assert.deepEqual(
      results.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id),
      ["1", "2", "3"],
    );
    const id = first.out.split(" ")[0] ?? "";
    assert.match((await terminal.run(["batch", id, "--watch"])).out, /3 succeeded/);
    assert.match((await terminal.run(["batch", "cancel", id])).out, /is completed: 0 of 3 items cancelled/);
    await mock.profile({ default: { status: 400 } });
    const failed = await terminal.run(["batch", "items.ndjson", "--prompt", "joke", "--again", "--watch"], { code: 1 });
    assert.match(failed.out, /3 failed[^]*batch redrive bat_/);
    await mock.profile({});
    const redriven = await terminal.run(["batch", "redrive", failed.out.split(" ")[0] ?? ""]);
    assert.match(redriven.out, /3 items are executed again/);
    assert.match((await terminal.run(["batch", "list"])).out, /BATCH +WHEN[^]*joke #1 [^]*completed +hello #\d +3\/3/);
    writeIn(root, "broken.ndjson", '{"who": "Ada"}\n{"who"');
    assert.match((await terminal.run(["batch", "broken.ndjson", "--prompt", "hello"], { code: 2 })).err, /Line 2/);
  },

  async "usage, budget and reconcile tell what was spent"({ terminal, root, mock }) {
    const usage = await terminal.run(["usage", "--by", "prompt"]);
    assert.match(usage.out, /PROMPT +EXECUTIONS[^]*hello +\d+[^]*total/);
    assert.match((await terminal.run(["usage", "--by", "model", "--csv"])).out, /^model,/);
    assert.match((await terminal.run(["budget"])).out, /no budget/);
    await terminal.run(["budget", "set", "prompt:hello", "--daily", "5"]);
    assert.match((await terminal.run(["budget", "list"])).out, /prompt:hello +daily +\$5\.00/);
    await terminal.run(["budget", "delete", "prompt:hello"]);
    const from = Math.floor(Date.now() / 3_600_000) * 3_600;
    const query = `start_time=${from}&bucket_width=1h&group_by=model`;
    const asked = await fetch(`${mock.url}/v1/organization/usage/completions?${query}`, {
      headers: { authorization: "Bearer mock-openai-key" },
    });
    writeIn(root, "export.json", await asked.text());
    assert.match((await terminal.run(["reconcile", "export.json", "--provider", "openai"])).out, /nothing differs/);
  },

  async "keys are made, rotated and revoked; the secret alone is the output"({ terminal, edge }) {
    const made = await terminal.run(["keys", "create", "ci", "--scope", "prompts:read"]);
    const env = { PBT_EDGE_URL: edge.url, PBT_EDGE_KEY: made.out.trim() };
    assert.match((await terminal.run(["list"], { env })).out, /hello/);
    assert.match((await terminal.run(["exec", "joke"], { env, code: 1 })).err, /keys create/);
    const keys = await terminal.json<{ id: string; name: string }[]>(["keys"]);
    const id = keys.find(({ name }) => name === "ci")?.id ?? "";
    const rotated = await terminal.run(["keys", "rotate", id, "--overlap", "0"]);
    assert.match(rotated.out, /^pbt_\S+\n$/);
    await terminal.run(["list"], { env, code: 1 });
    await terminal.run(["keys", "revoke", id]);
  },

  async "audit tells who changed what"({ terminal }) {
    const labels = await terminal.run(["audit", "--action", "chain_label.*", "--object", "chain_label:fun@beta"]);
    assert.match(labels.out, /WHEN +WHO +ACTION[^]*chain_label\.deleted +chain_label:fun@beta/);
    const newest = await terminal.json<{ action: string }[]>(["audit", "--limit", "1"]);
    assert.deepEqual(
      newest.map(({ action }) => action),
      ["key.revoked"],
    );
  },

  async "tail shows what was executed, and then what is"({ terminal }) {
    assert.match((await terminal.run(["tail", "--no-follow", "--lines", "3"])).out, /✓ hello #\d .*exe_/);
    const following = terminal.start(["tail", "--json", "--lines", "1"]);
    const lines = linesOf(following.stdout);
    await lines.next();
    await terminal.run(["exec", "last"]);
    const { prompt } = JSON.parse((await lines.next()).value ?? "") as { prompt: { name: string } };
    assert.equal(prompt.name, "last");
    following.kill("SIGINT");
    const [code] = (await once(following, "close")) as [number];
    assert.equal(code, 2);
  },

  async "doctor finds what is well, and what is not"({ terminal, folder }) {
    const well = await terminal.run(["doctor"], { cwd: folder });
    assert.match(
      well.out,
      /✓ settings[^]*✓ server answers[^]*✓ key[^]*✓ project \d+ prompts[^]*✓ providers[^]*✓ models/,
    );
    const env = { PBT_EDGE_URL: "http://127.0.0.1:9", PBT_EDGE_KEY: "pbt_x" };
    const ill = await terminal.run(["doctor"], { cwd: folder, env, code: 1 });
    assert.match(ill.out, /✗ server[^]*· key the server does not answer/);
  },

  async "alias, types, open and completion"({ terminal, folder, root }) {
    await terminal.run(["alias", "pmpt_68b0", "hello", "--at", "production"]);
    assert.match((await terminal.run(["alias"])).out, /pmpt_68b0 +hello +production/);
    assert.match(
      (await terminal.run(["types"])).out,
      /"hello": \{\n +variables: \{\n +who: string;\n +times\?: number;/,
    );
    await terminal.run(["types", "--language", "python", "--output", "prompts.py", "hello"]);
    assert.match(readFileSync(join(root, "prompts.py"), "utf8"), /HelloVariables = TypedDict/);
    assert.match((await terminal.run(["open", "--print"])).out, /^http:\/\/127\.0\.0\.1:\d+\/\n$/);
    const script = await terminal.run(["completion", "bash"]);
    writeIn(root, "completion.bash", script.out);
    const asked =
      'source completion.bash; COMP_WORDS=(pbt-edge "$@"); COMP_CWORD=$#; _pbt_edge; echo "${COMPREPLY[*]}"';
    const complete = async (...words: string[]) =>
      terminal.shell(
        "bash",
        ["-c", asked.replace("completion.bash", join(root, "completion.bash")), "bash", ...words],
        folder,
      );
    assert.equal(await complete("pu"), "push pull");
    assert.equal(await complete("exec", "su"), "summary support/answer support/triage");
    assert.equal(await complete("push", "--dr"), "--dry-run");
    assert.equal(await complete("keys", "r"), "rotate revoke");
  },

  async "zsh completes by Tab in a terminal of its own"({ terminal, folder }) {
    if (spawnSync("zsh", ["-c", "true"]).status !== 0) return console.log("  left out: zsh is not installed");
    const typed = await terminal.shell("zsh", ["-f", "-c", TYPE_IN_ZSH, "zsh", "pbt-edge exec su\t"], folder);
    assert.match(typed, /summary +support\/answer +support\/triage/);
  },

  async "logout forgets a profile, and the one before is used again"({ terminal, edge }) {
    await terminal.run(["login", "--profile", "spare", "--url", edge.url], { input: edge.key });
    assert.match((await terminal.run(["logout"])).out, /Profile spare is forgotten/);
    assert.match((await terminal.run(["list"])).out, /hello/);
    assert.match((await terminal.run(["logout", "--profile", "spare"], { code: 2 })).err, /no profile "spare"/);
  },

  async "wrong calls end with 2 and say what is right"({ terminal }) {
    assert.match((await terminal.run(["lst"], { code: 2 })).err, /unknown command 'lst'[^]*Did you mean one of list/);
    assert.match((await terminal.run(["promote", "hello"], { code: 2 })).err, /--to <label>/);
    assert.match((await terminal.run(["push", "--select", "state:odd", "/none"], { code: 2 })).err, /no folder \/none/);
    const unreachable = { PBT_EDGE_URL: "http://127.0.0.1:9", PBT_EDGE_KEY: "pbt_x" };
    assert.match((await terminal.run(["list"], { code: 2, env: unreachable })).err, /pbt-edge doctor/);
  },
};

/** A label of a chain is moved, rolled back and deleted; what is deleted does not come back. */
async function chainLabelSteps({ terminal, root }: CliWorld): Promise<void> {
  editIn(root, "fun.chain.yaml", "name: fun", "name: fun\ndescription: again");
  assert.match((await terminal.run(["chain", "push", "fun.chain.yaml"])).out, /fun #2/);
  await terminal.run(["chain", "label", "fun", "beta", "1"]);
  assert.match((await terminal.run(["chain", "label", "fun", "beta", "1=90", "2=10"])).out, /#1 \(90\), #2 \(10\) now/);
  const back = await terminal.run(["chain", "rollback", "fun", "--label", "beta", "--reason", "worse"]);
  assert.match(back.out, /fun@beta is #1 again/);
  await terminal.run(["chain", "label", "fun", "beta", "--delete", "--reason", "tried"]);
  const moves = await terminal.run(["chain", "history", "fun", "beta"]);
  assert.match(moves.out, /#1 +nothing +deletion .*tried[^]*#1 \(90\), #2 \(10\) +#1 +rollback .*worse/);
  const gone = await terminal.run(["chain", "rollback", "fun", "--label", "beta"], { code: 1 });
  assert.match(gone.err, /No such chain label[^]*pbt-edge chain history/);
}

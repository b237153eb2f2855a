import assert from "node:assert/strict";
import { writeIn, type CliWorld } from "./world.ts";

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

  async "label splits a label among versions"({ terminal }) {
    const split = await terminal.run(["label", "hello", "beta", "1=90", "2=10"]);
    assert.match(split.out, /hello@beta is #1 \(90\), #2 \(10\) now/);
  },

  async "wrong calls end with 2 and say what is right"({ terminal }) {
    assert.match((await terminal.run(["lst"], { code: 2 })).err, /unknown command 'lst'[^]*Did you mean one of list/);
    assert.match((await terminal.run(["promote", "hello"], { code: 2 })).err, /--to <label>/);
    assert.match((await terminal.run(["push", "--select", "state:odd", "/none"], { code: 2 })).err, /no folder \/none/);
    const unreachable = { PBT_EDGE_URL: "http://127.0.0.1:9", PBT_EDGE_KEY: "pbt_x" };
    assert.match((await terminal.run(["list"], { code: 2, env: unreachable })).err, /pbt-edge doctor/);
  },
};

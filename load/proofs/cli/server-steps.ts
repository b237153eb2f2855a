import assert from "node:assert/strict";
import { once } from "node:events";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { linesOf } from "./terminal.ts";
import type { CliWorld } from "./world.ts";

/** The commands that serve: webhooks to this machine, and prompts to clients of MCP. */
export const SERVER_STEPS: Record<string, (world: CliWorld) => Promise<void>> = {
  async "listen receives a webhook of the server and checks its signature"({ terminal, hookPort }) {
    const tunnel = `http://127.0.0.1:${hookPort}`;
    const listening = terminal.start([
      "listen",
      "--port",
      String(hookPort),
      "--tunnel",
      tunnel,
      "--count",
      "2",
      "--json",
    ]);
    const lines = linesOf(listening.stdout);
    assert.match((await lines.next()).value ?? "", /"listening"/);
    await terminal.run(["label", "hello", "beta", "1"]);
    const forged = await fetch(tunnel, { method: "POST", body: JSON.stringify({ type: "label.moved", data: {} }) });
    assert.equal(forged.status, 401);
    const events: { type: string; verified: boolean }[] = [];
    for await (const line of lines) events.push(JSON.parse(line) as { type: string; verified: boolean });
    events.sort((a, b) => Number(b.verified) - Number(a.verified));
    assert.deepEqual(
      events.map(({ type, verified }) => [type, verified]),
      [
        ["label.moved", true],
        ["label.moved", false],
      ],
    );
    if (listening.exitCode === null) await once(listening, "close");
    assert.equal(listening.exitCode, 0);
  },

  async "mcp offers prompts and tools to the official client, over both transports"({ terminal, edge, folder }) {
    const env = { PBT_EDGE_URL: edge.url, PBT_EDGE_KEY: edge.key };
    const { command, environment } = terminal.place;
    const stdio = new StdioClientTransport({
      command,
      args: ["mcp", "hello", "joke"],
      env: { ...environment, ...env },
      cwd: folder,
    });
    await checkMcp(stdio);
    const serving = terminal.start(["mcp", "hello", "joke", "--http", "0"], { env });
    const [, url = ""] = /served on (\S+)/.exec((await linesOf(serving.stderr).next()).value ?? "") ?? [];
    await checkMcp(new StreamableHTTPClientTransport(new URL(url)));
    const rebound = await fetch(url, { method: "POST", body: "{}", headers: { origin: "https://evil.example" } });
    assert.equal(rebound.status, 403);
    serving.kill("SIGINT");
    await once(serving, "close");
  },
};

async function checkMcp(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<void> {
  const client = new Client({ name: "proof", version: "1" });
  await client.connect(transport);
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map(({ name }) => name).toSorted(), ["hello", "joke"]);
  const got = await client.getPrompt({ name: "hello", arguments: { who: "Ada", times: "2" } });
  assert.match(JSON.stringify(got.messages), /Hello Ada, 2 times/);
  await assert.rejects(
    client.getPrompt({ name: "hello", arguments: { who: "Ada", times: "many" } }),
    /takes an integer/,
  );
  const { tools } = await client.listTools();
  const hello = tools.find(({ name }) => name === "hello");
  assert.deepEqual(hello?.inputSchema.required, ["who"]);
  const called = await client.callTool({ name: "hello", arguments: { who: "Ada" } });
  assert.equal(called.isError ?? false, false);
  const refused = await client.callTool({ name: "hello", arguments: { who: 1 } });
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /variables\.who/);
  console.log(`  ${transport.constructor.name}: ${prompts.length} prompts, ${tools.length} tools, called and refused`);
  await client.close();
}

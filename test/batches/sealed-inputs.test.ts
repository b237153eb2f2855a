import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DoorCall } from "../../src/domain/executions/door-call.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { AsyncExecutionRepository } from "../../src/storage/batches/async-executions.ts";
import { openBatchWorld } from "../support/batch-world.ts";
import { countedShards } from "../support/counted-shards.ts";

const SHARDS = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
const SECRET = "sk-canary-of-an-mcp-server";
const MCP = { type: "mcp", server_label: "s", server_url: "https://mcp.example.com", authorization: SECRET };

function open(text = "hello") {
  const opened = openBatchWorld();
  const { world } = opened;
  const door: DoorCall = {
    relay: { door: "responses", body: { model: "gpt-6-luna", input: text, tools: [MCP] }, body_bytes: 60, headers: {} },
    own: [],
    untranslated: [],
    asked: { model: "gpt-6-luna", background: true, metadata: { topic: "weather" } },
  };
  const request: ExecutionRequest = {
    tenant_id: world.tenant,
    key_id: "key_x",
    lane: "standard",
    variables: {},
    options: {
      prompt: { name: "" },
      models: ["gpt-6-luna"],
      messages: [{ role: "user", content: text }],
      parameters: { provider_options: { openai: { tools: [MCP] } } },
      metadata: { topic: "weather" },
      cache_control: { no_store: false, no_cache: false, only_if_cached: false },
    },
    door,
  };
  return { ...opened, request, door };
}

/** The rows of an execution, as its shard has them. */
async function rowsOf(id: string) {
  for (const db of SHARDS) {
    const batch = await db.prepare("select * from batches where id = ?").bind(id).first();
    const item = await db.prepare("select * from batch_items where batch_id = ?").bind(id).first();
    if (batch && item) return { db, batch, item };
  }
  throw new Error("no shard has it");
}

describe("the input of an asynchronous execution", () => {
  it("is executed as it was sent, and has its secrets nowhere in the database", async () => {
    const { world, services, request, drain } = open();
    const id = await services.acceptExecution(request);
    const { batch, item } = await rowsOf(id);
    expect(JSON.stringify([batch, item])).not.toContain(SECRET);
    await drain();
    expect(world.calls).toEqual([{ ...request, id, default_timeout_ms: 300_000 }]);
  });

  it("does not open in another row", async () => {
    const { world, services, request, drain } = open();
    const [one, other] = [await services.acceptExecution(request), await services.acceptExecution(request)];
    const { db, item } = await rowsOf(one);
    await db.prepare("update batch_items set variables = ? where batch_id = ?").bind(item["variables"], other).run();
    await drain();
    expect(world.calls.map(({ id }) => id)).toEqual([one]);
    expect(await services.findAsyncExecution(world.tenant, other)).toMatchObject({ state: "failed" });
  });

  it("takes less than half of what it takes as JSON", async () => {
    const { services, request, door } = open(PROSE);
    const { batch, item } = await rowsOf(await services.acceptExecution(request));
    const stored = [item["variables"], batch["request"], batch["asked"]].join("").length;
    const json = JSON.stringify({ variables: {}, door }).length + JSON.stringify(request.options).length;
    console.log(`a request of ${PROSE.length} characters: ${stored} stored, ${json} as JSON`);
    expect(stored).toBeLessThan(json / 2);
  });

  it("is not read by those who ask how it stands", async () => {
    const { world, services, request } = open(Array.from({ length: 40_000 }, (_, n) => n * 7919).join(" "));
    const id = await services.acceptExecution(request);
    const counted = countedShards();
    const found = await new AsyncExecutionRepository(counted.shards).find(world.tenant, id);
    expect(found).toMatchObject({ state: "queued", asked: { model: "gpt-6-luna" } });
    expect((await counted.count()).bytes).toBeLessThan(500);
    expect(await services.readBackgroundInput(world.tenant, id)).toBe(request.door?.relay.body?.["input"]);
  });

  it("is read, shown and executed as an older version stored it", async () => {
    const { world, services, request, door, drain } = open();
    const id = await services.acceptExecution(request);
    const { db } = await rowsOf(id);
    const old = `door:${JSON.stringify({ variables: {}, door })}`;
    await db.batch([
      db.prepare("update batch_items set variables = ? where batch_id = ?").bind(old, id),
      db
        .prepare("update batches set asked = null, open_bytes = 0, request = ? where id = ?")
        .bind(JSON.stringify(request.options), id),
    ]);
    expect(await services.readBackgroundResponse(world.tenant, id)).toMatchObject({
      state: "queued",
      asked: door.asked,
    });
    expect(await services.readBackgroundInput(world.tenant, id)).toBe("hello");
    await drain();
    expect(world.calls).toEqual([{ ...request, id, default_timeout_ms: 300_000 }]);
  });
});

/** English text of 2.5 KB, in which no sentence comes twice. */
const PROSE = [
  "A lighthouse keeper writes down the weather three times a day, and the harbour master reads it aloud at noon.",
  "Grain that was cut too early loses a fifth of its weight while it dries, which nobody pays the farmer for.",
  "The committee asked whether a bridge of timber would carry the new trams, and the engineer would not promise it.",
  "Most of the letters in the archive were copied by a clerk whose spelling changed after his illness in spring.",
  "When the river rises above the third step, the ferry stops and travellers wait in the inn across the square.",
  "She kept her notes on the migration of storks in a cipher of her own, and left the key to a cousin in Lisbon.",
  "Glass that is cooled within an hour cracks at the rim; the old masters let it rest for a night and a day.",
  "A tax on windows explains why so many houses in this street have painted shutters where a room looks out.",
  "The orchestra tuned to the oboe, although the organ had been a quarter of a tone flat since the flood.",
  "Merchants from the hills brought honey, wool and a hard cheese, and took salt, needles and newspapers home.",
  "It is said that the clock of the town hall runs six minutes fast so that nobody misses the evening train.",
  "Before maps were printed, pilots learned the coast by the colour of the water and the smell of the pines.",
  "The school taught arithmetic with coins, because children remembered a sum better when it bought them bread.",
  "After the fire the council ordered roofs of slate, and a quarry that had been closed for years opened again.",
  "An apple grafted on quince stays small, bears early, and has to be propped up in its first heavy autumn.",
  "Travellers complained of the inn's thin blankets, yet all of them praised its soup of leeks and smoked trout.",
  "The surveyor measured the valley in chains, and found the deed of seventeen hundred and four to be wrong.",
  "Nobody had told the new postman that the mill road floods, so the first parcels of the winter arrived wet.",
  "In dry years the lake gives back the walls of a village whose church bell still hangs in the museum yard.",
  "He sold ink by the barrel and paper by the sheet, since printers always ran short of one but not the other.",
  "Bees that winter near heather wake later, which the abbey's accounts of wax have shown for two centuries.",
].join(" ");

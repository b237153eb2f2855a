/**
 * The answers of the HTTP API, compared with those that were recorded. `RECORD=1` records them anew
 * instead; what the difference in the fixture then shows is a change of the API.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compactJson } from "./compact-json.ts";
import { type RecordedRoom, Recorder } from "./recorder.ts";
import { neighbour } from "./requests/neighbour.ts";
import type { Room } from "./requests/recorded-request.ts";
import { NOT_RECORDED, ROOMS } from "./requests/rooms.ts";
import { ALLOWED_ORIGIN } from "./requests/system.ts";
import { UPSTREAM_ORIGIN } from "./requests/upstreams.ts";
import { type RunningServer, startServer } from "./server.ts";

const FIXTURE = "test/fixtures/e2e/recorded-answers.json";
const RECORD = process.env["RECORD"] === "1";
/** Seven hundred requests; a busy machine is no failure. */
const PATIENCE_MS = 240_000;
/** Rooms that are recorded at the same time. */
const ROOMS_AT_ONCE = 6;

type Recording = Record<string, RecordedRoom>;

interface ApiDocument {
  paths: Record<string, Record<string, unknown>>;
}

describe("the HTTP API", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-recorded-"));
  const recorded = existsSync(FIXTURE) ? (JSON.parse(readFileSync(FIXTURE, "utf8")) as Recording) : {};
  const answers: Recording = {};
  let server: RunningServer;
  let recorder: Recorder;

  beforeAll(async () => {
    server = await startServer(stateDir, { CORS_ORIGINS: ALLOWED_ORIGIN, UPSTREAM_ORIGINS: UPSTREAM_ORIGIN });
    const { PBT_ROOT_KEY: root } = JSON.parse(readFileSync(join(stateDir, "pbt-edge.json"), "utf8")) as {
      PBT_ROOT_KEY: string;
    };
    const first = new Recorder(server.url, { root });
    const { exchanges, kept } = await first.record(neighbour);
    answers[neighbour.name] = exchanges;
    recorder = new Recorder(server.url, { ...kept, root });
    Object.assign(answers, await recordRooms(recorder, ROOMS));
    if (RECORD) writeFileSync(FIXTURE, `${compactJson(answers)}\n`);
  }, PATIENCE_MS);
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  describe.each([neighbour, ...ROOMS])("$name", ({ name: room, requests }) => {
    it.each(requests)("$name", ({ name }) => {
      expect(answers[room]?.[name]).toEqual(RECORD ? answers[room]?.[name] : recorded[room]?.[name]);
    });
  });

  it("has a request for every recorded answer", () => {
    const namesOf = (recording: Recording) =>
      Object.entries(recording).flatMap(([room, exchanges]) =>
        Object.keys(exchanges).map((name) => `${room}: ${name}`),
      );
    expect(namesOf(answers)).toEqual(namesOf(RECORD ? answers : recorded));
  });

  it("was asked for every operation of its document, each with success", async () => {
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument;
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
    const missing = operations.filter(({ method, path }) => {
      const form = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      return !recorder.answered.some(
        (each) => each.method === method && each.status < 300 && form.test(each.path.split("?")[0] ?? ""),
      );
    });
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual(Object.keys(NOT_RECORDED));
  });
});

/** Records the rooms, several at a time, beginning with the first; gives them in their order. */
async function recordRooms(recorder: Recorder, rooms: readonly Room[]): Promise<Recording> {
  const found: Recording = {};
  const waiting = [...rooms];
  const work = async () => {
    for (let room = waiting.shift(); room; room = waiting.shift()) {
      found[room.name] = (await recorder.record(room)).exchanges;
    }
  };
  await Promise.all(Array.from({ length: ROOMS_AT_ONCE }, work));
  return Object.fromEntries(rooms.map(({ name }) => [name, found[name] ?? {}]));
}

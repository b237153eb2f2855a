import { describe, expect, it } from "vitest";
import { sseEvent } from "../../src/lib/sse.ts";
import { callCli, type FakeAnswer } from "./fake-io.ts";

const RUN = { id: "run_1", status: "succeeded", output: "one two", error: null, cost_usd: 0.001, steps: [] };

/** A server whose chain tells these events, and whose run has ended when it is read. */
function serverOf(events: [string, object][]): FakeAnswer {
  return ({ method, path }) => {
    if (path.startsWith("/v1/chain-runs/")) return Response.json(RUN);
    if (method === "GET") return Response.json({ definition: { inputs: {} } });
    const bytes = events.map(([event, data]) => sseEvent(event, data));
    return new Response(new Blob(bytes), {
      headers: { "content-type": "text/event-stream" },
    });
  };
}

const ONE = ["delta", { step: "b", text: "one " }] as [string, object];
const START = ["start", { id: "run_1" }] as [string, object];

describe("pbt-edge chain run --stream", () => {
  it("writes the text of the last step as it comes, and once", async () => {
    const events: [string, object][] = [START, ONE, ["delta", { step: "b", text: "two" }], ["done", RUN]];
    const { out, code, requests } = await callCli(["chain", "run", "c", "--stream"], { answer: serverOf(events) });
    expect([out, code]).toEqual(["one two\n", 0]);
    expect(requests).toEqual(["GET /v1/chains/c", "POST /v1/chains/c/execute"]);
  });

  it("waits for a run that goes on in the queue, and writes what is left of its text", async () => {
    const events: [string, object][] = [START, ONE, ["done", { ...RUN, status: "running", output: null }]];
    const { out, requests } = await callCli(["chain", "run", "c", "--stream"], { answer: serverOf(events) });
    expect([out, requests.at(-1)]).toEqual(["one two\n", "GET /v1/chain-runs/run_1"]);
  });

  it("writes the whole text again where the last step was tried again", async () => {
    const events: [string, object][] = [START, ["delta", { step: "b", text: "wrong" }], ["retry", {}], ["done", RUN]];
    const { out } = await callCli(["chain", "run", "c", "--stream"], { answer: serverOf(events) });
    expect(out).toBe("wrong\none two\n");
  });

  it("tells each event as a line of JSON, and fails with its run", async () => {
    const failed = { ...RUN, status: "failed", output: null, error: { step: "b", detail: "no" } };
    const answer = serverOf([START, ["done", failed]]);
    const { out, code } = await callCli(["chain", "run", "c", "--stream", "--json"], { answer });
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(["start", "done"]);
    expect(code).toBe(1);
  });
});

describe("pbt-edge chain: labels", () => {
  const split = { label: "beta", split: [arm(1), arm(2)], updated_at: "2026-11-27T00:00:00Z" };
  const LABEL = "/v1/chains/c/labels/production";

  it("lists versions with their labels by two requests, however many there are", async () => {
    const versions = [2, 1].map((version) => ({ version, created_at: "2026-11-27T00:00:00Z", content_hash: "abc" }));
    const answer: FakeAnswer = ({ path }) =>
      Response.json({ data: path.endsWith("/versions") ? versions : [split], next_cursor: null });
    const { out, requests } = await callCli(["chain", "labels", "c", "--json"], { answer });
    expect(requests.map(pathOf).toSorted()).toEqual(["GET /v1/chains/c/labels", "GET /v1/chains/c/versions"]);
    expect(JSON.parse(out)).toMatchObject([
      { version: 2, labels: ["beta"] },
      { version: 1, labels: ["beta"] },
    ]);
  });

  it("tells who moved one, moves it back, and deletes it", async () => {
    const move = {
      when: "2026-11-27T00:00:00Z",
      from: null,
      to: { version: 3 },
      cause: "set",
      who: "key_1",
      why: "new",
    };
    const answer: FakeAnswer = ({ method }) => {
      if (method === "GET") return Response.json({ data: [move], next_cursor: null });
      return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json({ version: 2 });
    };
    const history = await callCli(["chain", "history", "c", "production"], { answer });
    expect([history.out, history.requests.map(pathOf)]).toEqual([
      expect.stringMatching(/nothing +#3 +set/),
      [`GET ${LABEL}/history`],
    ]);
    const back = await callCli(["chain", "rollback", "c", "--reason", "worse"], { answer });
    expect([back.out, back.requests]).toEqual(["✓ c@production is #2 again.\n", [`POST ${LABEL}/rollback`]]);
    const gone = await callCli(["chain", "label", "c", "production", "--delete"], { answer });
    expect([gone.out, gone.requests]).toEqual(["✓ c@production is deleted.\n", [`DELETE ${LABEL}`]]);
    const both = await callCli(["chain", "label", "c", "production", "3", "--delete"], { answer });
    expect([both.code, both.requests]).toEqual([2, []]);
  });
});

function arm(version: number) {
  return { version, weight: 50 };
}

/** A request without its query. */
function pathOf(request: string): string {
  return request.replace(/\?.*/, "");
}

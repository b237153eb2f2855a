import { describe, expect, it } from "vitest";
import { readKeptId, withKeptIds } from "../../../src/domain/completions/response-ids.ts";

const KEEPER = { provider: "openai", key: "main" };

describe("the id of a kept response", () => {
  it("names its keeper wherever a response states its own id or the one before", () => {
    const json = JSON.stringify({
      type: "response.completed",
      response: { id: "resp_1", previous_response_id: "resp_0", output: [{ id: "msg_1" }] },
    });
    expect(JSON.parse(withKeptIds(json, KEEPER))).toEqual({
      type: "response.completed",
      response: { id: "resp_1~openai~main", previous_response_id: "resp_0~openai~main", output: [{ id: "msg_1" }] },
    });
  });

  it("is left alone inside of a text", () => {
    const json = JSON.stringify({ delta: 'say {"id": "resp_1"}', arguments: '{"id":"resp_2"}' });
    expect(withKeptIds(json, KEEPER)).toBe(json);
  });

  it.each([
    ["resp_1~openai~main", { id: "resp_1", keeper: KEEPER }],
    ["resp_1~openai~_0", { id: "resp_1", keeper: { provider: "openai", key: "_0" } }],
    ["resp_a~b~openai~main", { id: "resp_a~b", keeper: KEEPER }],
    ["resp_1", { id: "resp_1" }],
    ["resp_1~OpenAI~main", { id: "resp_1~OpenAI~main" }],
    ["~openai~main", { id: "~openai~main" }],
  ])("reads %s", (seen, read) => {
    expect(readKeptId(seen)).toEqual(read);
  });
});

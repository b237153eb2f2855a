import { describe, expect, it } from "vitest";
import { doorOfPath } from "../../../src/domain/doors/doors.ts";

describe("the door of a path", () => {
  it.each([
    ["/v1/messages/batches", "messages"],
    ["/v1/chat/completions/x", "chat"],
    ["/v1/completions", "chat"],
    ["/v1/files/file_1", "chat"],
    ["/v1/models/gpt-4o", "chat"],
    ["/v1/responses/compact", "responses"],
    ["/v1/prompts", undefined],
    ["/v1/modelsx", undefined],
  ])("of %s is %s", (path, door) => {
    expect(doorOfPath(path)).toBe(door);
  });

  it("of models is that of the client, whose version of the API tells it", () => {
    expect(doorOfPath("/v1/models/x", "2023-06-01")).toBe("messages");
    expect(doorOfPath("/v1/responses", "2023-06-01")).toBe("responses");
  });
});

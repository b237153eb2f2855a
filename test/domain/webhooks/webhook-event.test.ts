import { describe, expect, it } from "vitest";
import { isSubscribed, type WebhookEvent } from "../../../src/domain/webhooks/webhook-event.ts";

const event = (prompt: string | null): WebhookEvent => ({ type: "label.moved", key: "k", prompt, at: 1, data: {} });

describe("a webhook", () => {
  it("gets the events that it names", () => {
    expect(isSubscribed({ events: ["label.moved"], prompts: null }, event("a"))).toBe(true);
    expect(isSubscribed({ events: ["prompt.published"], prompts: null }, event("a"))).toBe(false);
  });

  it.each([
    ["support/*", "support/reply", true],
    ["support/*", "support", false],
    ["sup*", "support/reply", true],
    ["*", "anything", true],
    ["support", "support", true],
    ["support", "support/reply", false],
  ])("with the prompts %s and an event about %s: %s", (pattern, prompt, isSent) => {
    expect(isSubscribed({ events: ["label.moved"], prompts: ["other", pattern] }, event(prompt))).toBe(isSent);
  });

  it("gets events about no prompt whatever its prompts", () => {
    expect(isSubscribed({ events: ["label.moved"], prompts: ["a"] }, event(null))).toBe(true);
  });
});

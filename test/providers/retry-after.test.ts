import { describe, expect, it } from "vitest";
import { redactSecrets } from "../../src/providers/redact.ts";
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from "../../src/providers/retry-after.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

describe("the wait that a provider asks for", () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ["seconds", { "retry-after": "20" }, 20_000],
    ["a fraction of a second", { "retry-after": "0.25" }, 250],
    ["no wait", { "retry-after": "0" }, 0],
    ["milliseconds before seconds", { "retry-after-ms": "150.5", "retry-after": "20" }, 151],
    ["seconds where the milliseconds are nonsense", { "retry-after-ms": "soon", "retry-after": "2" }, 2000],
    ["an HTTP date", { "retry-after": "Tue, 24 Nov 2026 12:00:30 GMT" }, 30_000],
    ["more than an hour, capped", { "retry-after": "86400" }, MAX_RETRY_AFTER_MS],
    ["an absurd number, capped", { "retry-after": "9".repeat(400) }, MAX_RETRY_AFTER_MS],
    ["a date next year, capped", { "retry-after": "Wed, 24 Nov 2027 12:00:00 GMT" }, MAX_RETRY_AFTER_MS],
    ["a date that has passed, ignored", { "retry-after": "Tue, 24 Nov 2026 11:00:00 GMT" }, undefined],
    ["a negative number, ignored", { "retry-after": "-5" }, undefined],
    ["NaN, ignored", { "retry-after": "NaN" }, undefined],
    ["Infinity, ignored", { "retry-after": "Infinity" }, undefined],
    ["an exponent, ignored", { "retry-after": "1e3" }, undefined],
    ["words, ignored", { "retry-after": "Tomorrow" }, undefined],
    ["nothing", {}, undefined],
  ])("is read from %s", (_what, headers, wait) => {
    expect(parseRetryAfter(new Headers(headers), NOW)).toBe(wait);
  });
});

describe("redaction", () => {
  it.each([
    ["an OpenAI key", "wrong key sk-proj-AbC123_xyz-9 given"],
    ["a masked key", "wrong key sk-ab********wxyz given"],
    ["an Anthropic key", "wrong key sk-ant-api03-AbC given"],
    ["a bearer header", "wrong Authorization: Bearer abc.def/ghi given"],
    ["a key of ours", "wrong pbt_live_018f_secret given"],
    ["the key of the call, whatever its form", "wrong plain-key-of-a-mock given"],
  ])("removes %s", (_what, text) => {
    const clean = redactSecrets(text, "plain-key-of-a-mock");
    expect(clean).toMatch(/^wrong .*\[redacted\] given$/);
    expect(clean).not.toMatch(/AbC|wxyz|abc|secret|plain/);
  });

  it("keeps ordinary words", () => {
    const text = "The task-specific risk-free model asks for max_tokens.";
    expect(redactSecrets(text, "")).toBe(text);
  });

  it("cuts long messages to 500 characters and never splits a character", () => {
    const clean = redactSecrets("🌍".repeat(400));
    expect(clean.length).toBeLessThanOrEqual(500);
    expect(clean.isWellFormed()).toBe(true);
  });

  it("turns control characters into spaces, so that a message cannot forge a log line", () => {
    expect(redactSecrets("a\r\nb\u0000c\u001b[31m")).toBe("a b c [31m");
  });
});

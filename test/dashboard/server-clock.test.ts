import { expect, it } from "vitest";
import { noteServerTime, serverTime } from "../../src/dashboard/api/server-clock.ts";

const NOON = Date.parse("2026-11-27T12:00:00Z");

it("times are told by the server's clock where the browser's is an hour behind", () => {
  noteServerTime("Fri, 27 Nov 2026 13:00:00 GMT", NOON);
  expect(serverTime(NOON)).toBe(NOON + 3_600_000);
  noteServerTime(null, NOON);
  expect(serverTime(NOON)).toBe(NOON + 3_600_000);
  noteServerTime("Fri, 27 Nov 2026 12:00:02 GMT", NOON);
  expect(serverTime(NOON)).toBe(NOON);
});

import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";

describe("pages in a browser", () => {
  it("lets no other page frame the API's page, and tells nobody where its reader came from", async () => {
    const { headers } = await call("GET", "/docs");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("asks for https from those who came by it", async () => {
    const { headers } = await call("GET", "/health");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
  });
});

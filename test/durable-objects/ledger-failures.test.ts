import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { md5Prefix } from "../../src/lib/hash.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-11-01T00:30:00Z");
const QUERY = { prompt: "greet", label: "production", from: NOW, to: NOW + 60_000, limit: 10 };

function failedAt(at: number, changes: Parameters<typeof recorded>[0] = {}) {
  const of = { id: newId("exe", at), created_at: at, prompt_name: "greet", prompt_version: 2, latency_ms: 800 };
  const error = { code: "timeout", detail: "" } as const;
  return recorded({ ...of, prompt_label: "production", status: "failed", error, attempts: 1, ...changes });
}

describe("the failures of a ledger object", () => {
  it("are those by a label, with a hash of the user, and are the same after an eviction", async () => {
    const name = "ten_failures/0";
    await runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
      const reopen = () => new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name });
      const book = reopen();
      const failed = failedAt(NOW, { end_user: "ada" });
      const waiting = failedAt(NOW + 1, { attempts: 0, end_user: null });
      const others = [failedAt(NOW, { prompt_label: null }), failedAt(NOW, { status: "succeeded", error: null })];
      await book.append([failed, waiting, ...others].map(toEntry), NOW);
      const { id } = failed;
      const found = book.failures(QUERY, NOW);
      expect(found).toEqual([
        expect.objectContaining({ id: waiting.id, user: null, called: false, ended_at: NOW + 801 }),
        {
          id,
          prompt: "greet",
          label: "production",
          version: 2,
          user: md5Prefix("ada"),
          called: true,
          created_at: NOW,
          ended_at: NOW + 800,
        },
      ]);
      expect(reopen().failures(QUERY, NOW)).toEqual(found);
      await book.append([toEntry({ ...waiting, status: "succeeded", attempts: 1, error: null })], NOW);
      expect(book.failures(QUERY, NOW).map((each) => each.id)).toEqual([id]);
    });
  });
});

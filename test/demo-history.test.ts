import { describe, expect, it } from "vitest";
import { historyOf, type PastOfTenant } from "../scripts/demo/history.ts";
import { plantHistory } from "../scripts/demo/plant-history.ts";
import { toEntry, type LedgerEntry } from "../src/domain/ledger/entry.ts";
import { shareOf } from "../src/domain/ledger/shares.ts";

const HOUR_MS = 3_600_000;
const TO = Date.parse("2026-03-02T12:00:00Z");

function past(change: Partial<PastOfTenant> = {}): PastOfTenant {
  const prompt = {
    prompt: "triage",
    version: 1,
    label: "production",
    tags: [],
    model: "gpt-4o-mini",
    provider: "openai" as const,
    rate: 20,
    latencyMs: 400,
    tokens: { input: 100, output: 50 },
    nanousdPerToken: { input: 150, output: 600 },
    cached: 0.2,
  };
  const none = { tenant_id: "ten_1", key_id: "key_1", incidents: [] };
  return { ...none, to: TO, days: 2, seed: 1, prompts: [prompt], ...change };
}

const hoursBack = (hours: number) => Math.floor((TO - hours * HOUR_MS) / HOUR_MS);

describe("the past of a demo", () => {
  it("lies before its end, in hours that follow each other", () => {
    const all = [...historyOf(past())].flat();
    const times = all.map(({ created_at }) => created_at);
    expect(times.every((at) => at >= TO - 48 * HOUR_MS && at < TO)).toBe(true);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(all.length).toBeGreaterThan(500);
  });

  it("is what the ledger takes, and costs what its calls cost", () => {
    const all = [...historyOf(past())].flat();
    const entries = all.map(toEntry);
    expect(entries).toHaveLength(all.length);
    const cost = all.reduce((sum, { cost_nanousd }) => sum + (cost_nanousd ?? 0), 0);
    const lines = all.flatMap(({ calls = [] }) => calls.flatMap((call) => call.lines));
    expect(lines.reduce((sum, { nanousd }) => sum + nanousd, 0)).toBe(cost);
  });

  it("fails and slows down as an incident says, and only then", () => {
    const incident = { prompt: "triage", hoursAgo: 4, hours: 3, errors: 0.8, latency: 3, rate: 2, version: 2 };
    const all = [...historyOf(past({ incidents: [incident] }))].flat();
    const isIn = ({ created_at }: { created_at: number }) =>
      created_at >= hoursBack(4) * HOUR_MS && created_at < hoursBack(1) * HOUR_MS;
    const failed = (some: typeof all) => some.filter(({ status }) => status === "failed").length / some.length;
    const [during, other] = [all.filter(isIn), all.filter((each) => !isIn(each))];
    expect(failed(during)).toBeGreaterThan(0.6);
    expect(failed(other)).toBeLessThan(0.05);
    expect(new Set(during.map(({ prompt_version }) => prompt_version))).toEqual(new Set([2]));
    expect(new Set(other.map(({ prompt_version }) => prompt_version))).toEqual(new Set([1]));
  });

  it("reaches each share of the ledger with the executions that belong there, each once", async () => {
    const written = new Map<string, LedgerEntry[]>();
    const append = (name: string) => async (entries: readonly LedgerEntry[]) => {
      written.set(name, [...(written.get(name) ?? []), ...entries]);
    };
    const planted = await plantHistory({ getByName: (name) => ({ append: append(name) }) }, past());
    const all = [...written].flatMap(([name, entries]) => entries.map(({ id }) => ({ id, name })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(planted);
    expect(all.every(({ id, name }) => name === `ten_1/${shareOf(id)}`)).toBe(true);
  });
});

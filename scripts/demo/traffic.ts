import { ApiError, type PbtEdge } from "../../src/client/index.ts";
import { seededRandom } from "../../src/domain/comparisons/paired-interval.ts";

/** How long executions go on, and how many. */
export interface DemoTraffic {
  forMs: number;
  /** On average; the rate swings around it. */
  perSecond: number;
  seed: number;
}

/** The rate swings by half around its average, once in this time, ms. */
const SWING_MS = 180_000;
const STEP_MS = 100;
/** Every so many ms a provider is bad for a while. */
const SPELL_EVERY_MS = 150_000;
const SPELL_MS = 20_000;
const MOST_AT_ONCE = 50;

const PRODUCTS = ["Acme CRM", "Acme Mail", "Acme Pay"];
const TICKETS = ["money back", "cannot sign in", "the export hangs", "invoice is wrong", "how do I add a user?"];
const TONES = ["friendly", "formal", "brief"];
const LANGUAGES = ["French", "German", "Spanish", "Japanese"];
/** Executions that were judged, and those of a user. */
const FEEDBACK_SHARE = 0.05;
const USERS = 40;

type Random = () => number;

/** Executes the example prompts for a while, and returns how many succeeded and failed. */
export async function executeForAWhile(api: PbtEdge, { forMs, perSecond, seed }: DemoTraffic) {
  const random = seededRandom(seed);
  const counts = { succeeded: 0, failed: 0 };
  const underWay = new Set<Promise<void>>();
  const startedAt = Date.now();
  let owed = 0;
  for (let elapsed = 0; elapsed < forMs; elapsed = Date.now() - startedAt) {
    owed += (rateAt(elapsed, perSecond) * STEP_MS) / 1_000;
    for (; owed >= 1; owed--) {
      if (underWay.size >= MOST_AT_ONCE) continue;
      const one = executeOne(api, random, elapsed).then(
        () => void counts.succeeded++,
        (error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          counts.failed++;
        },
      );
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  await Promise.all(underWay);
  return counts;
}

function rateAt(elapsedMs: number, perSecond: number): number {
  return perSecond * (1 + 0.5 * Math.sin((2 * Math.PI * elapsedMs) / SWING_MS));
}

/** What the mock does with a call: it takes a model's time, and in a bad spell it fails or is slow. */
function behaviourAt(elapsedMs: number, random: Random): string {
  const isSpell = elapsedMs % SPELL_EVERY_MS > SPELL_EVERY_MS - SPELL_MS;
  const draw = random();
  if (isSpell && draw < 0.3) return JSON.stringify({ status: 500 });
  if (isSpell && draw < 0.6) return JSON.stringify({ delay_ms: 2_000 });
  return JSON.stringify({ ttft_ms: Math.round(60 + 240 * draw), tokens_per_s: 120 });
}

async function executeOne(api: PbtEdge, random: Random, elapsedMs: number): Promise<void> {
  const { prompt, variables } = inputOf(random, `[[mock:${behaviourAt(elapsedMs, random)}]]`);
  const options = { variables, user: `user-${Math.floor(random() * USERS)}`, metadata: { app: "demo" } };
  if (random() < 0.4) {
    const stream = api.stream(prompt, options);
    for await (const event of stream) void event;
    return;
  }
  const { id } = await api.execute(prompt, options);
  if (random() >= FEEDBACK_SHARE) return;
  await api.request("POST /v1/executions/{id}/feedback", { path: { id }, body: { score: random() < 0.8 ? 1 : 0 } });
}

/** A prompt with variables; tickets repeat, so that caches answer them. */
function inputOf(random: Random, marker: string) {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const draw = random();
  const body = `${pick(TICKETS)} ${marker}`;
  if (draw < 0.3) return { prompt: "ticket-triage", variables: { product: pick(PRODUCTS), body: pick(TICKETS) } };
  if (draw < 0.5) return { prompt: "ticket-triage", variables: { product: pick(PRODUCTS), body } };
  if (draw < 0.75) return { prompt: "support-reply", variables: { message: body, tone: pick(TONES) } };
  if (draw < 0.9) {
    return { prompt: "translate", variables: { text: `good morning ${marker}`, target_language: pick(LANGUAGES) } };
  }
  return { prompt: "summarizer", variables: { text: `A long story. ${marker}`, max_words: "20" } };
}

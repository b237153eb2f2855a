import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, toFrameError } from "../../../src/domain/completions/flight-frame.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import { followFlight } from "../../../src/services/completions/follow-flight.ts";
import { Flights } from "../../../src/services/completions/flights.ts";
import { obtainAnswer } from "../../../src/services/completions/obtain-answer.ts";
import type { CompletionCall } from "../../../src/services/completions/completion-call.ts";
import { FALLBACK, overloaded, POLICY, PREFERRED, world } from "../../support/obtain-world.ts";

const full = () => new AppError("rate_limit_error", "no room", { retryable: true, retryAfterMs: 1_000 });
const only = (...candidates: CompletionCall["candidates"]) => ({ candidates });

/** A leader that fails, and one follower with other circumstances: what becomes of the follower. */
async function afterFailureOf(
  leaderCall: Partial<CompletionCall>,
  followerCall: Partial<CompletionCall>,
  error: AppError,
) {
  const { obtain, nextCall, calls } = world();
  const first = nextCall();
  const leader = obtain({ call: leaderCall });
  const led = await first;
  const follower = obtain({ call: followerCall });
  const second = nextCall();
  led.fail(error);
  await expect(leader).rejects.toBe(error);
  void second.then((call) => call.finish());
  const { cached } = await follower.catch((thrown: AppError) => ({ cached: thrown.code }));
  return { calls: calls.length, cached };
}

describe("a follower whose leader fails", () => {
  it.each<[string, Partial<CompletionCall>, Partial<CompletionCall>, () => AppError]>([
    ["waits for capacity where the leader did not", { queue: false }, {}, full],
    ["has a fallback model that the leader did not have", only(PREFERRED), only(PREFERRED, FALLBACK), overloaded],
    ["has more time than the leader had", { timeout_ms: 1_000 }, { timeout_ms: 5_000 }, full],
  ])("makes a call of its own if it %s", async (_why, leader, follower, error) => {
    expect(await afterFailureOf(leader, follower, error())).toEqual({ calls: 2, cached: null });
  });

  it.each<[string, Partial<CompletionCall>, Partial<CompletionCall>, () => AppError]>([
    ["the same", {}, {}, overloaded],
    ["worse", only(PREFERRED, FALLBACK), only(PREFERRED), overloaded],
    ["less urgent", { lane: "high" }, { lane: "batch", timeout_ms: 30_000 }, full],
  ])("shares the error if its circumstances are %s", async (_how, leader, follower, error) => {
    const { code } = error();
    expect(await afterFailureOf(leader, follower, error())).toEqual({ calls: 1, cached: code });
  });

  it("shares what the provider refuses for the request's own sake, whatever its circumstances", async () => {
    const refused = new AppError("provider_error", "bad request");
    const outcome = await afterFailureOf({ queue: false }, only(PREFERRED, FALLBACK), refused);
    expect(outcome).toEqual({ calls: 1, cached: "provider_error" });
  });
});

describe("a follower whose leader cannot go on record", () => {
  const unrecorded = () => new AppError("provider_overloaded", "no record", { retryable: true });

  it.each(["whole", "stream"] as const)(
    "boards again and leads, because its own isolate may be able to: %s",
    async (form) => {
      const { obtain, nextCall, calls } = world();
      const first = nextCall();
      const leader = obtain();
      const led = await first;
      const follower = obtain({ form });
      const second = nextCall();
      led.fail(unrecorded(), true);
      await expect(leader).rejects.toMatchObject({ code: "provider_overloaded" });
      (await second).finish();
      expect([(await follower).cached, calls.length]).toEqual([null, 2]);
    },
  );

  it("boards at most four times", async () => {
    const { obtain, nextCall, calls } = world();
    const failing = async () => {
      for (;;) (await nextCall()).fail(unrecorded(), true);
    };
    void failing();
    const codes = Array.from({ length: 12 }, async () => obtain().catch(({ code }: AppError) => code));
    const answers = await Promise.all(codes);
    expect(new Set(answers)).toEqual(new Set(["provider_overloaded", "provider_error"]));
    expect(calls.length).toBeLessThanOrEqual(4);
  });
});

describe("a follower whose leader is answered by another model", () => {
  it.each(["whole", "stream"] as const)("calls its own models if that one is not among them: %s", async (form) => {
    const { obtain, nextCall, calls } = world();
    const first = nextCall();
    const leader = obtain({ call: only(PREFERRED, FALLBACK) });
    const led = await first;
    const follower = obtain({ form, call: only(PREFERRED) });
    const second = nextCall();
    Object.assign(led.candidate, FALLBACK);
    led.finish();
    expect((await leader).candidate).toMatchObject(FALLBACK);
    (await second).finish();
    const { candidate, cached } = await follower;
    expect([candidate, cached, calls.length]).toEqual([PREFERRED, null, 2]);
  });
});

describe("a follower that always meets leaders with worse circumstances", () => {
  it("makes a call of its own in the end, instead of failing with their error", async () => {
    let [joins, calls] = [0, 0];
    const leader = { lane: "standard" as const, queue: false, timeout_ms: 60_000, candidates: [PREFERRED] };
    const refused = encodeFrame({ t: "error", error: toFrameError(full()), leader });
    const flights = new Flights({
      objectOf: () => ({
        async board() {
          joins += 1;
          return { role: "follower", frames: new Blob([refused]).stream() };
        },
        lead: async () => undefined,
      }),
      pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
      defer: () => undefined,
      onFault: () => undefined,
    });
    const whole = async () => {
      calls += 1;
      throw new CompletionFailed(overloaded(), []);
    };
    const deps = {
      flights,
      answers: { find: async () => undefined, store: () => undefined },
      completions: { whole, stream: whole },
      fresh_ms: 1,
    };
    const call = { tenant_id: "ten", lane: "standard" as const, candidates: [PREFERRED] };
    const rest = { input: { messages: [], parameters: {} }, signal: new AbortController().signal };
    const request = { execution_id: "exe_1", call: { ...call, ...rest }, form: "whole" as const, key: "ten/key" };
    const answer = obtainAnswer(deps, { ...request, policy: POLICY, timings: startTimings(() => 0) });
    await expect(answer).rejects.toMatchObject({ error: { code: "provider_overloaded" } });
    expect([joins, calls]).toEqual([4, 1]);
  });
});

describe("a follower whose leader's stream breaks off after its first text", () => {
  const { provider, model } = PREFERRED;
  async function* frames(): AsyncGenerator<Frame> {
    const leader = { lane: "standard" as const, queue: false, timeout_ms: 60_000, candidates: [PREFERRED] };
    yield { t: "open", provider, model };
    yield { t: "text", text: "Hal" };
    yield { t: "error", error: toFrameError(overloaded()), leader };
  }

  it("boards again if it wants the whole answer, and breaks off as well if it streams", async () => {
    const call = { tenant_id: "ten", lane: "standard" as const, candidates: [PREFERRED] };
    const rest = { input: { messages: [], parameters: {} }, signal: new AbortController().signal };
    const asked = { execution_id: "exe_1", call: { ...call, ...rest }, key: "ten/key", policy: POLICY };
    const request = { ...asked, timings: startTimings(() => 0) };
    expect(await followFlight(frames(), { ...request, form: "whole" })).toBe("again");
    const followed = await followFlight(frames(), { ...request, form: "stream" });
    if (typeof followed === "string") throw new Error(`expected a stream, got ${followed}`);
    const read = async () => {
      for await (const part of followed.parts) expect(part).toEqual({ type: "text", text: "Hal" });
    };
    await expect(read()).rejects.toMatchObject({ code: overloaded().code });
  });
});

import type { Complexity } from "../k6/lib/workload.ts";

/** One k6 script of a load run. */
export interface ScenarioPlan {
  name: "matrix" | "spike" | "soak" | "stream" | "overload" | "smoke";
  /** Environment variables of the script, beside those of the target. */
  env: Record<string, string>;
}

/**
 * The simulated provider's latency, milliseconds: about what the source's figures with one user
 * imply, so that the other figures can be compared with the source's.
 */
export const SIMULATED_MS: Record<Complexity, number> = { simple: 80, moderate: 200, complex: 450 };
/** The simulated provider's first token and gap between tokens in the stream scenario. */
export const SIMULATED_STREAM = { ttft_ms: 100, gap_ms: 20 };

/**
 * The scenarios of a run in order. `short` takes about four minutes; `full` has the source's 300 s
 * a step and an hour of soak. Throws for an unknown name in `only`.
 */
export function planLoad(mode: "short" | "full" | "smoke", only?: readonly string[]): ScenarioPlan[] {
  const full = mode === "full";
  if (mode === "smoke") return [{ name: "smoke", env: {} }];
  const all: ScenarioPlan[] = [
    { name: "matrix", env: { STEP_SECONDS: full ? "300" : "10" } },
    { name: "spike", env: { SPIKE_SCALE: full ? "10" : "1" } },
    { name: "soak", env: { SOAK_SECONDS: full ? "3600" : "30" } },
    { name: "stream", env: { STREAM_SECONDS: full ? "300" : "15" } },
    { name: "overload", env: {} },
  ];
  const unknown = only?.find((name) => !all.some((scenario) => scenario.name === name));
  if (unknown !== undefined)
    throw new Error(`--only: no "${unknown}"; there are ${all.map(({ name }) => name).join(", ")}`);
  return only === undefined ? all : all.filter(({ name }) => only.includes(name));
}

/** Variables that make the scripts put the simulated latency into their prompts, for the mock. */
export function pacingEnv(): Record<string, string> {
  const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;
  const pacing = Object.entries(SIMULATED_MS).map(([name, delay_ms]) => [`load-${name}`, marker({ delay_ms })]);
  const { ttft_ms, gap_ms } = SIMULATED_STREAM;
  return {
    PACING: JSON.stringify(Object.fromEntries(pacing)),
    STREAM_PACING: marker({ ttft_ms, tokens_per_s: 1000 / gap_ms }),
    STREAM_GAP_MS: String(gap_ms),
  };
}

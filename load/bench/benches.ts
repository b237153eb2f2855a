import type { ProgramList } from "../harness/program.ts";

/** What `npm run bench` can run, by name. */
export const BENCHES = {
  gateways: {
    summary: "throughput, latency, CPU and memory beside a bare proxy Worker and other gateways",
    flags: "--quick, --targets NAMES, --only TEXT, --rounds N (5), --seconds N (2), --out FILE, --against FILE",
    load: () => import("./gateways/gateways.ts"),
  },
  engine: {
    summary: "the same on workerd alone: by form of answer, beside a bare proxy and a floor Worker",
    flags:
      "--quick, --targets NAMES, --only TEXT, --rounds N (5), --seconds N (2), --out FILE, --against FILE, --bundle FILE, --soak SECONDS",
    load: () => import("./engine/engine.ts"),
  },
  "engine-calls": {
    summary: "CPU of single calls to the engine: timers, objects, rows, sockets, cache tiers, streams",
    flags: "--rounds N (5), --only TEXT",
    load: () => import("./engine-calls/engine-calls.ts"),
  },
  cache: {
    summary: "speed of an answer from each cache tier, and backend calls that a client waits for",
    flags: "--quick, --rounds N (5), --seconds N (1.5), --out FILE",
    load: () => import("./cache/cache.ts"),
  },
  zipf: {
    summary: "hit rate and saving of a Zipf-distributed replay",
    flags: "--requests N (10000), --inputs N (1000), --s N (1), --seed N (1), --connections N (32), --isolates N (3)",
    load: () => import("./zipf/zipf.ts"),
  },
  flight: {
    summary: "what a call that nobody shares costs at the object of its flight, and a follower's wait",
    flags: "--calls N (40), --pairs N (20), --cpu N (3000)",
    load: () => import("./flight/flight.ts"),
  },
  routing: {
    summary: "cost of `model: auto` against always the strong model",
    flags: "--tasks N (250), --seed N (1), --out FILE",
    load: () => import("./routing/routing.ts"),
  },
  "batch-mode": {
    summary: "provider calls of a batch in mode queue and in mode provider",
    flags: "--items N (1000)",
    load: () => import("./batch-mode/batch-mode.ts"),
  },
  "batch-anatomy": {
    summary: "where the time of a batch goes: consumer invocations and backend calls",
    flags: "--items N (5000), --seconds N (30), --at-once N (60), --delay N (50)",
    load: () => import("./batch-anatomy/batch-anatomy.ts"),
  },
  upload: {
    summary: "one large batch upload: time to the 202, memory, items a second",
    flags: "--items N (50000), --seconds N (60), --at-once N (60), --delay N (50)",
    load: () => import("./upload/upload.ts"),
  },
  fairness: {
    summary: "another tenant's single item beside a large batch, and the batch's speed alone",
    flags: "--items N (50000), --alone N (20), --seconds N (900), --delay N (50)",
    load: () => import("./fairness/fairness.ts"),
  },
  template: {
    summary: "CPU of parsing and rendering templates, and the heap of a parsed one",
    flags: "--root DIR, --rounds N (9)",
    load: () => import("./template/template.ts"),
  },
  profile: {
    summary: "CPU of an execution by function and module",
    flags: "--seconds N (5), --connections N (8), --stream, --hits, --top N (20), --out DIR",
    load: () => import("./profile/profile.ts"),
  },
  telemetry: {
    summary: "CPU of an execution with telemetry on and off, and the age of a live stream's data",
    flags: "--rounds N (9), --seconds N (3), --connections N (16)",
    load: () => import("./telemetry/telemetry.ts"),
  },
} satisfies ProgramList;

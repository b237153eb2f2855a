import type { ProgramList } from "../harness/program.ts";

/** What `npm run prove` can run, by name. */
export const PROOFS = {
  flight: {
    summary: "200 identical requests at once make one provider call",
    flags: "--isolates N (3), --only TEXT",
    load: () => import("./flight/flight.ts"),
  },
  gate: {
    summary: "no key exceeds its provider limits, under overload, faults, evictions and a kill",
    flags: "--only limits|faults|evictions, --isolates N (2), --per-minute N (1800), --seed N (random)",
    load: () => import("./gate/gate.ts"),
  },
  "gate-sim": {
    summary: "the same with the gate's code under thousands of simulated Workers",
    flags: "--seed N (random), --only NAME",
    load: () => import("./gate-sim/gate-sim.ts"),
  },
  keys: {
    summary: "provider keys change, and a slow model has a batch, under 16 callers: none refused, none failed",
    flags: "--only replace|slow|revocation, --isolates N (2), --seconds N after each change (4)",
    load: () => import("./keys/keys.ts"),
  },
  memory: {
    summary: "the local server's resident memory before, under and after a load, by process: it comes back",
    flags: "--seconds N (120), --rest N seconds (60)",
    load: () => import("./memory/memory.ts"),
  },
  steps: {
    summary: "an execution enters at most a tenth more blocks of JavaScript than the baseline says",
    flags: "--write (makes the counts the baseline)",
    load: () => import("./steps/steps.ts"),
  },
  forms: {
    summary: "one prompt with all that one has today, in every form, at four kinds of servers: sent as rendered",
    flags: "none",
    load: () => import("./forms/forms.ts"),
  },
  doors: {
    summary:
      "the official clients of OpenAI and Anthropic with only base URL and key changed: what holds, what is billed",
    flags: "--against edge|mock (edge), --only TEXT, --suites compatcanary,llm-comply",
    load: () => import("./doors/doors.ts"),
  },
  clients: {
    summary: "both clients, packed and installed, against a server behind a proxy that loses answers and cuts streams",
    flags: "--client typescript,python, --only TEXT, --if-possible",
    load: () => import("./clients/clients.ts"),
  },
  cli: {
    summary:
      "pbt-edge, packed and installed: a project pushed, changed, tested, promoted, pulled back; every command once",
    flags: "--only TEXT, --node PATH of the Node that runs it (this one)",
    load: () => import("./cli/cli.ts"),
  },
  dashboard: {
    summary: "the dashboard in a real Chromium: every page with axe, an author's and an operator's way, the session",
    flags: "--only TEXT, --screens FOLDER, --if-possible",
    load: () => import("./dashboard/dashboard.ts"),
  },
  action: {
    summary: "the GitHub Action's steps on a pull request and the default branch, beside a fake of GitHub's API",
    flags: "none",
    load: () => import("./action/action.ts"),
  },
  budgets: {
    summary: "500 callers at the edge of each kind of budget, on every path: nothing overshot, 95 % used",
    flags: "--callers N (500), --isolates N (3), --only LIST",
    load: () => import("./budgets/budgets.ts"),
  },
  traces: {
    summary: "spans of every form of an execution arrive at an OTLP receiver with their parents; draws them",
    flags: "none",
    load: () => import("./traces/traces.ts"),
  },
  jinja: {
    summary: "random templates render as Python's Jinja2 renders them, but for the listed differences",
    flags: "--templates N (34000), --seed N (1), --root DIR (this checkout), --show N (10)",
    load: () => import("./jinja/jinja.ts"),
  },
  world: {
    summary: "one key one charge, paid = booked, slots return: the services in one simulated world of faults",
    flags:
      "--seeds N (20), --seed N (1), --faults LIST (all), --only LIST (every invariant), --requests N (150), --list",
    load: () => import("./world/world.ts"),
  },
  batch: {
    summary: "batches, results, usage and provider calls agree after the server was killed again and again",
    flags: "--items N (1000), --kills N (20), --seed N (random)",
    load: () => import("./batch/batch.ts"),
  },
  chains: {
    summary: "a chain of five steps, killed at each of them, ends with each step called once",
    flags: "--forms LIST (async,whole,stream), --steps LIST (triage,facts,draft,review,reply)",
    load: () => import("./chains/chains.ts"),
  },
  reshard: {
    summary: "4 shards become 5 under writes, the server killed in the middle: nothing lost, nothing twice",
    flags: "--callers N (8), --tenants N (60), --kills N (6)",
    load: () => import("./reshard/reshard.ts"),
  },
  deploy: {
    summary: "provision and deploy with the real wrangler before a fake Cloudflare: in order, once, killed, refused",
    flags: "--only whole|kills|faults, --every-change (kills after each one, not each kind)",
    load: () => import("./deploy/deploy.ts"),
  },
  ledger: {
    summary: "usage equals the provider's log after faults and kills; 90 days of a large tenant by the millisecond",
    flags:
      "--only log|size|day, --mixed N (2000), --kills N (4), --executions LIST (200000), --day N (200000), --seed N (random)",
    load: () => import("./ledger/ledger.ts"),
  },
  insights: {
    summary:
      "planted anomalies are found, false alarms keep to their budget, forecasts hold; 90 days are asked quickly",
    flags: "--only anomalies|forecasts|tenant, --tenants N (20), --executions N (60000), --seed N (1)",
    load: () => import("./insights/insights.ts"),
  },
  promotions: {
    summary:
      "a promotion refused and one approved by a running server; splits: false alarms on clean ones, delays on bad ones",
    flags: "--only server|canaries, --canaries N (1000), --regressions N (100), --seed N (1)",
    load: () => import("./promotions/promotions.ts"),
  },
  experiments: {
    summary:
      "comparisons, optimisations and test runs end once whatever kills their server, and no answer is paid for twice",
    flags: "--rounds N (3), --kills N in each (6), --seed N (1)",
    load: () => import("./experiments/experiments.ts"),
  },
  optimize: {
    summary:
      "thirty lifelike prompts optimised, what is saved and shown; how often intervals and the rule of publication err",
    flags:
      "--only prompts|coverage|rule, --runs N (1000), --seed N (1), --folder DIR with clones of public repositories",
    load: () => import("./optimize/optimize.ts"),
  },
  fuzz: {
    summary:
      "every operation of /openapi.json, called well and badly by Schemathesis: no 500, nothing unlike its description",
    flags:
      "--examples N (30), --seeds LIST (1), --phases LIST (all), --only PATH_REGEX, --seconds N each, --if-possible",
    load: () => import("./fuzz/fuzz.ts"),
  },
  "slow-inputs": {
    summary: "the work of every parser and checker that a request reaches grows no faster than its input",
    flags: "--seed N (1), --texts N (20), --renderings SHARE (1), --size N (8000), --only TEXT",
    load: () => import("./slow-inputs/slow-inputs.ts"),
  },
  corpora: {
    summary: "prompt files of a folder, imported as publishing would: how many are refused or warned of, and why",
    flags: "--folder DIR, --show N names of each reason (3)",
    load: () => import("./corpora/corpora.ts"),
  },
  hostile: {
    summary: "small inputs that once stopped everybody: each is answered at once, and nobody waits",
    flags: "--only TEXT",
    load: () => import("./hostile/hostile.ts"),
  },
  tests: {
    summary: "the examples' tests by API with JUnit; intervals and pass^k of a model whose true rate is known",
    flags: "--runs N (1000), --api-runs N (40), --seed N (1), --out DIR (dist/tests)",
    load: () => import("./tests/tests.ts"),
  },
  records: {
    summary: "every answer is on record after kills, and after a shard hung and refused",
    flags: "--only kills|outage|price, --kills N (5), --outage SECONDS (20), --seed N (random)",
    load: () => import("./records/records.ts"),
  },
} satisfies ProgramList;

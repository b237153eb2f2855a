import type { OperationResult } from "../../../client/index.ts";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, decimal, duration, usd } from "../../ui/format.ts";
import { Empty, Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Badge, Time, type Tone } from "../../ui/small.tsx";
import { PlainTable } from "../../ui/table.tsx";
import { LaneTable } from "../overview/lanes.tsx";
import { ProviderKeys } from "./provider-keys.tsx";
import "../../styles/operate.css";

const EVERY_MS = 2_000;
const HEIGHT_PX = 260;

type Gate = OperationResult<"GET /v1/gate">["data"][number];
type GateKey = Gate["keys"][number];
type Forecast = OperationResult<"GET /v1/insights/forecast">["data"][number];

/** How full providers' keys and lanes are, which breakers are open, and when limits will be reached. */
export function LimitsPage() {
  const { data, error, refetch } = useRead("GET /v1/gate", {}, { everyMs: EVERY_MS });
  return (
    <Page title="Limits">
      <ErrorBox error={error} retry={() => void refetch()} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data?.data.map((gate) => (
        <GatePanel key={gate.provider} gate={gate} />
      ))}
      <LaneTable />
      <ForecastPanel />
      <ProviderKeys providers={data?.data.map(({ provider }) => provider) ?? []} />
    </Page>
  );
}

const KEY_TONES: Record<GateKey["status"], Tone> = { ok: "good", cooling: "warn", parked: "bad" };

function GatePanel({ gate }: { gate: Gate }) {
  const { concurrency, tests, leases, strategy } = gate;
  return (
    <Panel
      title={gate.provider}
      aside={
        <span class="muted">
          {count(concurrency.used)} of {count(concurrency.limit)} permits, {count(tests.used)} of {count(tests.limit)}{" "}
          for tests, {count(leases)} leases, {strategy.replaceAll("_", " ")}
        </span>
      }
    >
      {gate.keys.length === 0 ? (
        <Empty title={`${gate.provider} has no key.`} command={`npx pbt-edge keys --help`} />
      ) : (
        <PlainTable
          label={`Keys of ${gate.provider}`}
          items={gate.keys}
          keyOf={({ name }) => name}
          columns={[
            { title: "Key", cell: ({ name, api_key }) => <KeyName name={name} tail={api_key} /> },
            { title: "State", cell: (key) => <KeyState gateKey={key} /> },
            { title: "Requests/min", align: "right", cell: ({ requests }) => <Used {...requests} /> },
            { title: "Tokens/min", align: "right", cell: ({ tokens }) => <Used {...tokens} /> },
            { title: "Concurrent", align: "right", cell: (key) => <Used {...key.concurrency} /> },
            { title: "First token", align: "right", wide: true, cell: ({ ttft_ms }) => duration(ttft_ms) },
            { title: "Latency", align: "right", wide: true, cell: ({ latency_ms }) => duration(latency_ms) },
            { title: "Weight", align: "right", wide: true, cell: ({ weight }) => weight },
            { title: "Breakers", cell: ({ breakers }) => <Breakers breakers={breakers} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function KeyName({ name, tail }: { name: string; tail: string }) {
  return (
    <>
      {name} <span class="muted mono">{tail}</span>
    </>
  );
}

function KeyState({ gateKey: { status, parked_for, ready_in_ms } }: { gateKey: GateKey }) {
  const why = parked_for === null ? "" : `: ${parked_for}`;
  const wait = ready_in_ms > 0 ? `, ready in ${duration(ready_in_ms)}` : "";
  return <Badge tone={KEY_TONES[status]}>{status + why + wait}</Badge>;
}

/** How much of a limit is used; the limit may be one that the provider's headers told. */
function Used({ used, limit }: { used: number; limit: number | null }) {
  if (limit === null) return <span>{count(used)} of any</span>;
  const share = limit === 0 ? 1 : used / limit;
  return (
    <span class={share >= 1 ? "bad" : share >= 0.8 ? "warn" : ""}>
      {count(used)} of {count(limit)}
    </span>
  );
}

function Breakers({ breakers }: { breakers: GateKey["breakers"] }) {
  if (breakers.length === 0) return <span class="muted">closed</span>;
  return (
    <span class="row">
      {breakers.map((breaker) => (
        <Badge key={JSON.stringify(breaker)} tone="bad">
          {Object.values(breaker).join(" ")}
        </Badge>
      ))}
    </span>
  );
}

const UNITS: Record<Forecast["unit"], (value: number | null) => string> = {
  requests_per_minute: (value) => `${decimal(value)} requests/min`,
  tokens_per_minute: (value) => `${count(value)} tokens/min`,
  usd_per_day: (value) => `${usd(value)}/day`,
  usd_per_month: (value) => `${usd(value)}/month`,
  bytes: (value) => `${count(value)} B`,
};

function ForecastPanel() {
  const { data, error } = useRead("GET /v1/insights/forecast");
  const rows = data?.data ?? [];
  return (
    <Panel title="When limits will be reached" aside={<a href="/app/insights">Insights</a>}>
      <ErrorBox error={error} />
      {data && rows.length === 0 && (
        <Empty
          title={
            data.learned_from === null
              ? "There is too little history for a forecast: it needs two weeks."
              : "No limit is set that could be reached."
          }
        />
      )}
      {rows.length > 0 && (
        <PlainTable
          label="Forecast of limits"
          items={rows}
          keyOf={({ resource, unit }) => `${resource} ${unit}`}
          columns={[
            { title: "Limit of", cell: ({ resource }) => resource },
            { title: "Limit", align: "right", cell: ({ unit, limit }) => UNITS[unit](limit) },
            { title: "Expected peak", align: "right", cell: ({ unit, most }) => UNITS[unit](most.expected) },
            { title: "Reached", align: "right", cell: (row) => <Exhaustion row={row} /> },
            {
              title: "Raise to",
              align: "right",
              cell: ({ unit, raise_to }) => (raise_to === null ? "–" : UNITS[unit](raise_to)),
            },
            { title: "Before", align: "right", wide: true, cell: ({ raise_before }) => <Time at={raise_before} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Exhaustion({ row: { exhausted_at } }: { row: Forecast }) {
  if (exhausted_at.expected === null) return <span class="muted">not foreseen</span>;
  return (
    <span>
      <Time at={exhausted_at.expected} />{" "}
      <span class="muted">
        (<Time at={exhausted_at.earliest} /> – <Time at={exhausted_at.latest} />)
      </span>
    </span>
  );
}

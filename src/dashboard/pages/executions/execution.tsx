import { useRoute } from "preact-iso";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, duration, percent, usd } from "../../ui/format.ts";
import { Empty, Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Code, Copy, Status, Time } from "../../ui/small.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { PlainTable } from "../../ui/table.tsx";
import { ExecutionActions } from "./execution-actions.tsx";
import { isWaiting, type RecordedDetail, recordedDetail } from "./execution-detail.ts";
import { Feedback } from "./feedback.tsx";
import { TraceOf } from "./trace.tsx";
import { Waterfall } from "./waterfall.tsx";
import "../../styles/executions.css";

/** One that waits or runs is asked for again after this time, ms. */
const EVERY_MS = 1_000;
const HEIGHT_PX = 400;

/** One execution: what it did when, what it cost, what it was asked and what it answered. */
export function ExecutionPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { data, error, refetch } = useRead(
    "GET /v1/executions/{id}",
    { path: { id } },
    { everyMs: (answer) => (answer && isWaiting(answer) ? EVERY_MS : false) },
  );
  const detail = data && recordedDetail(data);
  return (
    <Page
      title="Execution"
      before={<a href="/app/executions">Executions</a>}
      actions={detail && <ExecutionActions detail={detail} />}
    >
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {data && <Status status={data.status} />}
        {data && (
          <span class="muted">
            <Time at={data.created_at} />
          </span>
        )}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data && !detail && <Waiting status={data.status} error={"error" in data ? data.error : null} />}
      {detail && <Detail detail={detail} />}
    </Page>
  );
}

function Waiting({ status, error }: { status: string; error: { code: string; detail: string } | null | undefined }) {
  if (error) return <ProviderFault code={error.code} detail={error.detail} />;
  return (
    <Panel>
      <Empty title={status === "queued" ? "It waits in the queue." : "It runs now."} />
    </Panel>
  );
}

function ProviderFault({ code, detail }: { code: string; detail: string }) {
  return (
    <div class="error-box">
      <p>
        <code>{code}</code> {detail}
      </p>
    </div>
  );
}

function Detail({ detail }: { detail: RecordedDetail }) {
  const { usage, prompt, error } = detail;
  return (
    <>
      {error && <ProviderFault code={error.code} detail={error.detail} />}
      <Stats>
        <Stat label="Latency" value={duration(detail.latency_ms)} note={detail.finish_reason ?? ""} />
        <Stat label="Cost" value={usd(detail.cost_usd)} note={`${usd(detail.saved_usd ?? 0)} saved`} />
        <Stat
          label="Tokens"
          value={count(usage.total_tokens)}
          note={`${count(usage.prompt_tokens)} in, ${count(usage.completion_tokens)} out`}
        />
        <Stat
          label="Answered by"
          value={detail.cached === false ? "provider" : detail.cached}
          note={detail.attempts === 1 ? "1 attempt" : `${detail.attempts} attempts`}
        />
        <Stat label="Model" value={detail.model ?? "–"} note={detail.provider ?? ""} />
      </Stats>
      <Panel title="Waterfall">
        <Waterfall timeline={detail.timeline} latencyMs={detail.latency_ms} />
      </Panel>
      <div class="columns">
        <div class="stack">
          <Input detail={detail} />
          <CostLines detail={detail} />
        </div>
        <div class="stack">
          <Output detail={detail} />
          <Panel title="About">
            <dl class="facts">
              <dt>Prompt</dt>
              <dd>{prompt ? <PromptVersion {...prompt} /> : "none stored"}</dd>
              <dt>User</dt>
              <dd>{detail.user ?? "–"}</dd>
              <dt>Metadata</dt>
              <dd>{detail.metadata ? <code>{JSON.stringify(detail.metadata)}</code> : "–"}</dd>
              <dt>Trace</dt>
              <dd>
                <TraceOf traceId={detail.trace_id} />
              </dd>
              <dt>Prices</dt>
              <dd>{detail.price_table ?? "–"}</dd>
            </dl>
          </Panel>
          <Feedback detail={detail} />
        </div>
      </div>
    </>
  );
}

function PromptVersion({ name, version, label }: { name: string; version: number; label?: string | null }) {
  return (
    <>
      <a href={`/app/prompts/${encodeURIComponent(name)}?version=${version}`}>{name}</a> version {version}
      {label !== null && label !== undefined && <span class="muted"> by label {label}</span>}
    </>
  );
}

function Input({ detail: { input, input_truncated } }: { detail: RecordedDetail }) {
  return (
    <Panel title="Input" aside={input && <Copy text={JSON.stringify(input, null, 2)} />}>
      {input && <Code label="Input" text={JSON.stringify(input, null, 2)} />}
      {!input && input_truncated !== true && (
        <Empty
          title="Inputs are not recorded. To record later ones (a collector of traces that is set has to be sent along):"
          command={`curl -X PUT $PBT_URL/v1/telemetry -H "authorization: Bearer $PBT_KEY" -H 'content-type: application/json' -d '{"content": true}'`}
        />
      )}
      {input_truncated === true && (
        <p class="hint">{input ? "Only its beginning is on record." : "It is too long for the record."}</p>
      )}
    </Panel>
  );
}

function Output({ detail }: { detail: RecordedDetail }) {
  const { output, tool_calls = [], output_truncated, reasoning } = detail;
  return (
    <Panel title="Output" aside={output !== null && <Copy text={output} />}>
      <div class="stack">
        {reasoning !== undefined && <Code label="Reasoning" text={reasoning} />}
        {output !== null && <Code label="Output" text={output} />}
        {tool_calls.map(({ id, name, arguments: given }) => (
          <Code key={id} label={`Call of ${name}`} text={`${name}(${JSON.stringify(given, null, 2)})`} />
        ))}
        {output === null && tool_calls.length === 0 && <Empty title="It has no output." />}
        {output_truncated && <p class="hint">Only its beginning is on record.</p>}
      </div>
    </Panel>
  );
}

function whyNoLines(cost: number | null, isStored: boolean): string {
  if (cost !== 0) return "No lines are on record.";
  return isStored ? "Nothing was paid: a stored or shared answer." : "Nothing was paid.";
}

function CostLines({ detail: { cost, cost_usd, cached } }: { detail: RecordedDetail }) {
  const lines = cost?.lines ?? [];
  return (
    <Panel title="Cost" aside={<strong>{usd(cost_usd)}</strong>}>
      {lines.length === 0 ? (
        <p class="muted">{whyNoLines(cost_usd, cached !== false)}</p>
      ) : (
        <PlainTable
          label="Cost line by line"
          items={lines}
          keyOf={({ kind }) => kind}
          columns={[
            { title: "Kind", cell: ({ kind }) => kind.replaceAll("_", " ") },
            { title: "Tokens", align: "right", cell: ({ tokens }) => count(tokens) },
            { title: "Share", align: "right", cell: ({ usd: part }) => percent(part / (cost_usd || 1)) },
            { title: "Cost", align: "right", cell: ({ usd: part }) => usd(part) },
          ]}
        />
      )}
    </Panel>
  );
}

import { useMemo } from "preact/hooks";
import type { Live } from "../../api/live-view.ts";
import { count, decimal, duration, percent, usd } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import { Plot } from "../../ui/plot.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { type LastMinute, lastMinute, latencySeries, liveRates } from "./live-series.ts";

/** Above this share of failed executions the number is marked. */
const MANY_FAILED = 0.01;

const STATES = {
  connecting: "Connecting",
  live: "Live, last minute",
  silent: "No live data, connecting again",
} as const;

/** The last minutes, several times a second. */
export function LivePart({ live }: { live: Live }) {
  const minute = useMemo(() => lastMinute(live.points), [live.points]);
  return (
    <section class="stack" aria-label="Live">
      <p class="live-state">
        <span class={`live-dot ${live.state}`} /> {live.refusal ?? STATES[live.state]}
      </p>
      <LiveStats live={live} minute={minute} />
      <div class="grid">
        <RatePanel live={live} />
        <LatencyPanel live={live} />
        <SourcesPanel minute={minute} />
      </div>
    </section>
  );
}

function LiveStats({ live: { now }, minute }: { live: Live; minute: LastMinute }) {
  const active = now ? now.active.high + now.active.standard + now.active.batch : null;
  const isBad = (minute.failedShare ?? 0) > MANY_FAILED;
  return (
    <Stats>
      <Stat
        label="Executions"
        value={`${decimal(minute.executionsPerS)}/s`}
        note={`${decimal(minute.requestsPerS)} requests/s`}
      />
      <Stat
        label="Failed"
        value={percent(minute.failedShare)}
        note={isBad ? "more than 1 %" : "of executions"}
        tone={isBad ? "bad" : undefined}
      />
      <Stat
        label="Latency p50"
        value={duration(now?.duration.p50)}
        note={`p95 ${duration(now?.duration.p95)}, p99 ${duration(now?.duration.p99)}`}
      />
      <Stat
        label="First token p50"
        value={duration(now?.first_token.p50)}
        note={`p95 ${duration(now?.first_token.p95)}`}
      />
      <Stat label="Overhead p50" value={duration(now?.overhead.p50)} note={`p99 ${duration(now?.overhead.p99)}`} />
      <Stat label="Cost" value={`${usd(minute.costPerHour)}/h`} note={`${usd(minute.savedPerHour)}/h saved`} />
      <Stat
        label="Tokens"
        value={`${count(minute.inputTokensPerS + minute.outputTokensPerS)}/s`}
        note={`${count(minute.inputTokensPerS)} in, ${count(minute.outputTokensPerS)} out`}
      />
      <Stat label="Active" value={count(active)} note="executions under way" />
    </Stats>
  );
}

function RatePanel({ live }: { live: Live }) {
  const { times, rates } = useMemo(() => liveRates(live.points, ["executions", "failed"]), [live.points]);
  return (
    <Panel title="Executions a second" aside={<span class="muted">5 min</span>}>
      <Plot
        label="Executions and failed executions a second over the last five minutes"
        times={times}
        series={[
          { title: "executions", values: rates.executions, isArea: true },
          { title: "failed", values: rates.failed, color: 5 },
        ]}
        format={decimal}
        sync="live"
      />
    </Panel>
  );
}

function LatencyPanel({ live }: { live: Live }) {
  const { times, p50, p95, p99 } = useMemo(() => latencySeries(live.updates), [live.updates]);
  return (
    <Panel title="Latency" aside={<span class="muted">since the page opened, at most 5 min</span>}>
      <Plot
        label="Latency percentiles of executions"
        times={times}
        series={[
          { title: "p50", values: p50, color: 3 },
          { title: "p95", values: p95, color: 2 },
          { title: "p99", values: p99, color: 5 },
        ]}
        format={duration}
        sync="live"
      />
    </Panel>
  );
}

const SOURCES = [
  ["memory", "memory"],
  ["edge", "edge cache"],
  ["kv", "KV"],
  ["flight", "shared flight"],
  ["provider", "provider"],
] as const;

/** Which part of the executions each tier answered. */
function SourcesPanel({ minute: { sources } }: { minute: LastMinute }) {
  const total = SOURCES.reduce((sum, [name]) => sum + sources[name], 0);
  return (
    <Panel title="Answered by" aside={<span class="muted">last minute</span>}>
      <table class="bars">
        <tbody>
          {SOURCES.map(([name, title], index) => {
            const share = total === 0 ? 0 : sources[name] / total;
            return (
              <tr key={name}>
                <th scope="row">{title}</th>
                <td class="bar">
                  <i style={{ width: `${100 * share}%`, background: `var(--series-${index + 1})` }} />
                </td>
                <td class="right">{total === 0 ? "–" : percent(share)}</td>
                <td class="right muted">{count(sources[name])}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}

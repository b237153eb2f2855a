import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, percent, usd } from "../../ui/format.ts";
import { Empty, Panel, Skeleton } from "../../ui/page.tsx";
import { Plot } from "../../ui/plot.tsx";

const HEIGHT_PX = 240;

const PLOTS = [
  { name: "executions", title: "Executions a day", format: count },
  { name: "tokens", title: "Tokens a day", format: count },
  { name: "cost_usd", title: "Cost a day", format: usd },
] as const;

/** What the coming days will bring, each value with its interval. */
export function ForecastTab() {
  const { data, error, refetch } = useRead("GET /v1/insights/forecast");
  return (
    <>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data?.days.length === 0 && (
        <Panel>
          <Empty title="There is too little history for a forecast: it needs two weeks." />
        </Panel>
      )}
      {data && data.days.length > 0 && (
        <div class="grid">
          {PLOTS.map(({ name, title, format }) => (
            <Panel key={name} title={title}>
              <Plot
                label={`${title} as foreseen, with 90 % bounds`}
                times={data.days.map(({ day }) => Date.parse(day))}
                series={[
                  { title: "expected", values: data.days.map((day) => day[name].expected) },
                  { title: "low", values: data.days.map((day) => day[name].low), isFaint: true, color: 8 },
                  { title: "high", values: data.days.map((day) => day[name].high), isFaint: true, color: 8 },
                ]}
                format={format}
                height={HEIGHT_PX}
                isDays
              />
            </Panel>
          ))}
        </div>
      )}
      {data && (
        <p class="muted">
          {data.relative_error === null
            ? "The forecast could not be tried on the past yet."
            : `On the past weeks its errors were ${percent(data.relative_error)} of those of taking the week before.`}{" "}
          <a href="/app/limits">When limits will be reached</a>
        </p>
      )}
    </>
  );
}

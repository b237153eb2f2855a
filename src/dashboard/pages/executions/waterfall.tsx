import { duration } from "../../ui/format.ts";
import { Empty } from "../../ui/page.tsx";
import type { RecordedDetail } from "./execution-detail.ts";
import { waterfallOf } from "./timeline.ts";

/** What an execution did when, as bars in time. */
export function Waterfall({ timeline, latencyMs }: { timeline: RecordedDetail["timeline"]; latencyMs: number }) {
  if (!timeline) return <Empty title="Its timeline is not on record: an older version of the runtime executed it." />;
  return (
    <table class="waterfall">
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col" class="bar">
            <span class="muted">0 to {duration(latencyMs)}</span>
          </th>
          <th scope="col" class="right">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {waterfallOf(timeline, latencyMs).map(({ title, note, kind, startMs, durationMs, left, width }, index) => (
          <tr key={`${index} ${title}`}>
            <th scope="row">
              {title}
              {note !== "" && <span class="muted"> {note}</span>}
            </th>
            <td class="bar">
              <i
                class={kind}
                title={`from ${duration(startMs)}`}
                style={{ marginLeft: `${100 * left}%`, width: `max(2px, ${100 * width}%)` }}
              />
            </td>
            <td class="right">{duration(durationMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

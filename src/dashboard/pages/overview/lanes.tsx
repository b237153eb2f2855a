import type { ComponentChildren } from "preact";
import type { OperationResult } from "../../../client/index.ts";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, duration } from "../../ui/format.ts";
import { Panel, Skeleton } from "../../ui/page.tsx";
import { Badge } from "../../ui/small.tsx";
import { PlainTable } from "../../ui/table.tsx";

const EVERY_MS = 2_000;
/** A call that waits longer for a permit is worth a look, ms. */
const LONG_WAIT_MS = 5_000;
const HEIGHT_PX = 150;

const LANES = ["high", "standard", "batch"] as const;
type LaneName = (typeof LANES)[number];
type Gate = OperationResult<"GET /v1/gate">["data"][number];

interface LaneTableProps {
  /** Executions under way by lane, where they are known. */
  active?: Record<LaneName, number> | undefined;
  aside?: ComponentChildren;
}

/** How full the lanes of each provider are, and who waits in them. */
export function LaneTable({ active, aside }: LaneTableProps) {
  const { data, error } = useRead("GET /v1/gate", {}, { everyMs: EVERY_MS });
  const rows = (data?.data ?? []).flatMap((gate) => LANES.map((lane) => ({ gate, lane })));
  return (
    <Panel title="Lanes" aside={aside}>
      <ErrorBox error={error} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data && (
        <PlainTable
          label="Lanes of each provider"
          items={rows}
          keyOf={({ gate, lane }) => `${gate.provider} ${lane}`}
          columns={[
            { title: "Provider", cell: ({ gate, lane }) => (lane === "high" ? gate.provider : "") },
            { title: "Lane", cell: ({ lane }) => lane },
            { title: "Under way", align: "right", cell: ({ gate, lane }) => count(gate.lanes[lane].in_flight) },
            { title: "Of", align: "right", cell: ({ gate, lane }) => count(gate.lanes[lane].concurrency) },
            { title: "Waiting", align: "right", cell: ({ gate, lane }) => count(gate.lanes[lane].waiting) },
            { title: "Oldest wait", align: "right", cell: ({ gate, lane }) => <OldestWait gate={gate} lane={lane} /> },
          ]}
        />
      )}
      {active && (
        <p class="muted note">
          Executions under way by lane: {LANES.map((lane) => `${lane} ${count(active[lane])}`).join(", ")}
        </p>
      )}
    </Panel>
  );
}

function OldestWait({ gate, lane }: { gate: Gate; lane: LaneName }) {
  const { oldest_wait_ms } = gate.lanes[lane];
  const text = duration(oldest_wait_ms);
  return oldest_wait_ms > LONG_WAIT_MS ? <Badge tone="warn">{text}</Badge> : <>{text}</>;
}

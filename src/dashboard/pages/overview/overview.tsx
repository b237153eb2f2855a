import { useLive } from "../../api/live.ts";
import { useTimeRange } from "../../ui/time-range.tsx";
import { Page } from "../../ui/page.tsx";
import { HistoryPart } from "./history.tsx";
import { LaneTable } from "./lanes.tsx";
import { LivePart } from "./live-part.tsx";
import { WaitingPromotions } from "./waiting-promotions.tsx";
import "../../styles/overview.css";

/** What happens now, and what happened: the page that stays open. */
export function OverviewPage() {
  const live = useLive();
  const { range, picker } = useTimeRange("24h");
  return (
    <Page title="Overview">
      <LivePart live={live} />
      <LaneTable active={live.now?.active} aside={<a href="/app/limits">Limits</a>} />
      <WaitingPromotions />
      <HistoryPart range={range} picker={picker} />
    </Page>
  );
}

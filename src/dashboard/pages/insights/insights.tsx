import { Page, Tabs } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { AnomaliesTab } from "./anomalies.tsx";
import { ForecastTab } from "./forecast.tsx";
import { SlaTab } from "./sla.tsx";

const TABS = [
  { id: "sla", title: "Objectives" },
  { id: "anomalies", title: "Anomalies" },
  { id: "forecast", title: "Forecast" },
] as const;

type TabId = (typeof TABS)[number]["id"];

/** How objectives are kept, what was unusual, and what is to come. */
export function InsightsPage() {
  const [named, setTab] = useUrlState("tab", "sla");
  const tab: TabId = TABS.find(({ id }) => id === named)?.id ?? "sla";
  return (
    <Page title="Insights">
      <Tabs label="Insights" tabs={TABS} current={tab} select={setTab} />
      {tab === "sla" && <SlaTab />}
      {tab === "anomalies" && <AnomaliesTab />}
      {tab === "forecast" && <ForecastTab />}
    </Page>
  );
}

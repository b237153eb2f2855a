import { Page, Tabs } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { ComparisonsTab } from "./comparisons-tab.tsx";
import { OptimizationsTab } from "./optimizations-tab.tsx";
import { RunsTab } from "./runs-tab.tsx";
import "../../styles/tests.css";

const TABS = [
  { id: "runs", title: "Test runs" },
  { id: "comparisons", title: "Comparisons" },
  { id: "optimizations", title: "Optimisations" },
] as const;

type TabId = (typeof TABS)[number]["id"];

/** What shows whether a prompt is good: test runs, comparisons and optimisations. */
export function TestsPage() {
  const [name, setName] = useUrlState("tab", "runs");
  const tab: TabId = TABS.find(({ id }) => id === name)?.id ?? "runs";
  return (
    <Page title="Tests and compare">
      <Tabs label="Parts of this page" tabs={TABS} current={tab} select={setName} />
      {tab === "runs" && <RunsTab />}
      {tab === "comparisons" && <ComparisonsTab />}
      {tab === "optimizations" && <OptimizationsTab />}
    </Page>
  );
}

import { useScope } from "../../api/session.tsx";
import { Empty, Page, Panel, Tabs } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { AuditTab } from "./audit-tab.tsx";
import { KeysTab } from "./keys-tab.tsx";
import "../../styles/keys.css";

const TABS = [
  { id: "keys", title: "Keys" },
  { id: "audit", title: "Audit log" },
] as const;

type TabId = (typeof TABS)[number]["id"];

/** The tenant's keys, and who changed what. */
export function KeysPage() {
  const [name, setName] = useUrlState("tab", "keys");
  const tab: TabId = TABS.find(({ id }) => id === name)?.id ?? "keys";
  const isAdmin = useScope("admin");
  return (
    <Page title="Keys and audit">
      <Tabs label="Parts of this page" tabs={TABS} current={tab} select={setName} />
      {isAdmin ? (
        <>
          {tab === "keys" && <KeysTab />}
          {tab === "audit" && <AuditTab />}
        </>
      ) : (
        <Panel>
          <Empty title="Keys and the audit log need the scope admin, which this key has not. Sign in with one that has it." />
        </Panel>
      )}
    </Page>
  );
}

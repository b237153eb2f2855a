import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { useScope } from "../../api/session.tsx";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Page, Skeleton, Tabs } from "../../ui/page.tsx";
import { Badge } from "../../ui/small.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import "../../styles/prompts.css";
import { editorHref, type PromptTab } from "./addresses.ts";
import { Crumbs } from "./crumbs.tsx";
import { DangerTab } from "./danger-tab.tsx";
import { DiffTab } from "./diff-tab.tsx";
import { LabelsTab } from "./labels/labels-tab.tsx";
import { PromoteDialog } from "./promote-dialog.tsx";
import { PromotionsTab } from "./promotions-tab.tsx";
import { SourceTab } from "./source-tab.tsx";
import { TestsTab } from "./tests-tab.tsx";
import { VersionsTab } from "./versions-tab.tsx";

const TABS: readonly { id: PromptTab; title: string }[] = [
  { id: "versions", title: "Versions" },
  { id: "source", title: "Source" },
  { id: "diff", title: "Diff" },
  { id: "labels", title: "Labels" },
  { id: "promotions", title: "Promotions" },
  { id: "tests", title: "Tests" },
  { id: "danger", title: "Danger" },
];

const PLACE_PX = 320;

/** A prompt, by its tabs. */
export function PromptPage() {
  const name = useRoute().params["name"] ?? "";
  return <Prompt key={name} name={name} />;
}

function Prompt({ name }: { name: string }) {
  const {
    data: newest,
    error,
    refetch,
  } = useRead("GET /v1/prompts/{name}", { path: { name }, query: { label: "latest" } });
  const [promoted, setPromoted] = useState<number | null>(null);
  const mayWrite = useScope("prompts:write");
  return (
    <Page
      title={name.slice(name.lastIndexOf("/") + 1)}
      before={<Crumbs name={name} />}
      actions={
        newest && (
          <>
            {newest.definition.tags.map((tag) => (
              <a
                key={tag}
                href={`/app/prompts?tag=${encodeURIComponent(tag)}`}
                aria-label={`Prompts with the tag ${tag}`}
              >
                <Badge>{tag}</Badge>
              </a>
            ))}
            <a class="button" href={`/app/executions?prompt=${encodeURIComponent(name)}`}>
              Executions
            </a>
            <a class="button primary" href={editorHref(name)}>
              {mayWrite ? "Edit" : "Open in editor"}
            </a>
          </>
        )
      }
    >
      <ErrorBox error={error} retry={() => void refetch()} />
      {newest && <TabOf name={name} newest={newest.version} promote={setPromoted} />}
      {!newest && !error && <Skeleton height={PLACE_PX} />}
      {promoted !== null && <PromoteDialog name={name} version={promoted} close={() => setPromoted(null)} />}
    </Page>
  );
}

interface TabOfProps {
  name: string;
  newest: number;
  promote: (version: number) => void;
}

function TabOf({ name, newest, promote }: TabOfProps) {
  const [version] = useUrlState("version");
  // A link to a version alone is one to its source.
  const [tab] = useUrlState("tab", version === "" ? "versions" : "source");
  const setUrl = useSetUrlState();
  const current = TABS.find(({ id }) => id === tab)?.id ?? "versions";
  const select = (id: PromptTab) => setUrl({ tab: id, version: "", from: "", to: "", label: "" });
  const props = { name, newest };
  return (
    <>
      <Tabs tabs={TABS} current={current} select={select} label="Parts of the prompt" />
      {current === "versions" && <VersionsTab {...props} promote={promote} />}
      {current === "source" && <SourceTab {...props} promote={promote} />}
      {current === "diff" && <DiffTab {...props} />}
      {current === "labels" && <LabelsTab {...props} />}
      {current === "promotions" && <PromotionsTab {...props} />}
      {current === "tests" && <TestsTab {...props} />}
      {current === "danger" && <DangerTab {...props} />}
    </>
  );
}

import type { OperationResult } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Panel, Skeleton } from "../../ui/page.tsx";
import { Badge, Code, Copy, Time } from "../../ui/small.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { editorHref, promptHref } from "./addresses.ts";
import { useRunTests } from "./use-run-tests.ts";
import { useSource } from "./use-source.ts";
import { VersionSelect } from "./version-select.tsx";

const PLACE_PX = 420;

interface SourceTabProps {
  name: string;
  newest: number;
  promote: (version: number) => void;
}

/** The file of a version, as it was published, with what was said of it. */
export function SourceTab({ name, newest, promote }: SourceTabProps) {
  const [text, setText] = useUrlState("version", String(newest));
  const version = Number(text);
  const { data, error } = useSource(name, version);
  const { data: said } = useRead("GET /v1/prompts/{name}", { path: { name }, query: { version } });
  // What was said of another version stays until the answer.
  const meta = said?.version === version ? said : undefined;
  const tests = useRunTests(name);
  const [mayWrite, mayExecute] = [useScope("prompts:write"), useScope("executions:write")];
  return (
    <Panel
      title={
        <>
          {name} #{version}{" "}
          {meta?.labels.map((label) => (
            <Badge key={label}>{label}</Badge>
          ))}
        </>
      }
      aside={
        <>
          <VersionSelect label="Version" {...{ name, newest, version }} set={(next) => setText(String(next))} />
          {data && <Copy text={data.source} />}
          {mayExecute && (
            <button type="button" class="button small" disabled={tests.isPending} onClick={() => tests.run(version)}>
              Run tests
            </button>
          )}
          {mayWrite && (
            <button type="button" class="button small" onClick={() => promote(version)}>
              Promote…
            </button>
          )}
          <a class="button small" href={editorHref(name, version)}>
            Edit
          </a>
        </>
      }
    >
      <div class="stack">
        <ErrorBox error={error ?? tests.error} />
        {meta && <Facts meta={meta} />}
        <Warnings warnings={meta?.warnings ?? []} />
        {data ? <Code text={data.source} label={`File of #${version}`} /> : !error && <Skeleton height={PLACE_PX} />}
      </div>
    </Panel>
  );
}

function Facts({ meta }: { meta: OperationResult<"GET /v1/prompts/{name}"> }) {
  return (
    <p class="muted">
      Published <Time at={meta.created_at} />, content{" "}
      <code title={meta.content_hash}>{meta.content_hash.slice(0, 12)}</code>
      {meta.includes.map((included) => (
        <span key={included.name}>
          , includes{" "}
          <a href={promptHref(included.name, "source", { version: included.version })}>
            {included.name} #{included.version}
          </a>
        </span>
      ))}
    </p>
  );
}

/** What was changed, assumed or ignored when a file was published. */
export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="warnings" aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}

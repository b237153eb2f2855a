import type { OperationResult } from "../../../client/index.ts";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Panel, Skeleton } from "../../ui/page.tsx";
import { Badge } from "../../ui/small.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import { DiffView } from "./diff-view.tsx";
import { useSource } from "./use-source.ts";
import { VersionSelect } from "./version-select.tsx";

type Difference = OperationResult<"POST /v1/prompts/{name}/diff">;

const PLACE_PX = 420;

/** Two versions side by side, and what the difference means for callers. */
export function DiffTab({ name, newest }: { name: string; newest: number }) {
  const [fromText] = useUrlState("from", String(Math.max(1, newest - 1)));
  const [toText] = useUrlState("to", String(newest));
  const setUrl = useSetUrlState();
  const [from, to] = [Number(fromText), Number(toText)];
  const [left, right] = [useSource(name, from), useSource(name, to)];
  const said = useRead("POST /v1/prompts/{name}/diff", { path: { name }, body: { from, to } });
  // What was said of two other versions stays until the answer.
  const meaning = said.isPlaceholderData ? undefined : said.data;
  const error = left.error ?? right.error ?? said.error;
  const select = { name, newest };
  return (
    <Panel
      title="Differences"
      aside={
        <>
          <VersionSelect
            label="From version"
            {...select}
            version={from}
            set={(next) => setUrl({ from: String(next) })}
          />
          →
          <VersionSelect label="To version" {...select} version={to} set={(next) => setUrl({ to: String(next) })} />
          <button type="button" class="button small" onClick={() => setUrl({ from: toText, to: fromText })}>
            Swap
          </button>
        </>
      }
    >
      <div class="stack">
        <ErrorBox error={error} />
        {meaning && <ForCallers difference={meaning} />}
        {left.data && right.data ? (
          <DiffView before={left.data.source} after={right.data.source} titles={[`#${from}`, `#${to}`]} />
        ) : (
          !error && <Skeleton height={PLACE_PX} />
        )}
        {meaning && meaning.changes.length > 0 && <Changes changes={meaning.changes} />}
      </div>
    </Panel>
  );
}

function ForCallers({ difference: { compatible, variables } }: { difference: Difference }) {
  const { added, removed, retyped } = variables;
  const facts = [
    ...added.map((name) => `variable ${name} added`),
    ...removed.map((name) => `variable ${name} removed`),
    ...retyped.map(({ name, from, to }) => `variable ${name}: ${from} became ${to}`),
  ];
  return (
    <p class="row">
      <Badge tone={compatible ? "good" : "bad"}>{compatible ? "compatible" : "not compatible"}</Badge>
      <span>
        {compatible
          ? "Callers can go over without a change."
          : "Some calls that the left version takes would be refused by the right one."}
      </span>
      {facts.map((fact) => (
        <Badge key={fact}>{fact}</Badge>
      ))}
    </p>
  );
}

function Changes({ changes }: Pick<Difference, "changes">) {
  return (
    <details>
      <summary>
        {changes.length} {changes.length === 1 ? "value" : "values"} changed
      </summary>
      <dl class="changes">
        {changes.map(({ path, from, to }) => (
          <div key={path}>
            <dt>
              <code>{path}</code>
            </dt>
            <dd>
              <span class="removed">{from === undefined ? "absent" : JSON.stringify(from)}</span> →{" "}
              <span class="added">{to === undefined ? "absent" : JSON.stringify(to)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

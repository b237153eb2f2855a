import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { OperationResult } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, decimal, percent, usd } from "../../ui/format.ts";
import { Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Badge, Code, Copy, Status, Time } from "../../ui/small.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { signed } from "./comparison.ts";
import { FrontPlot } from "./front-plot.tsx";
import "../../styles/tests.css";

const EVERY_MS = 1_500;
const HEIGHT_PX = 400;

type Optimization = OperationResult<"GET /v1/optimizations/{id}">;
type Candidate = Optimization["candidates"][number] & { place: number };

/** An optimisation: its candidates, and what the trials say of the one that was chosen. */
export function OptimizationPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { data, error, refetch } = useRead(
    "GET /v1/optimizations/{id}",
    { path: { id } },
    { everyMs: (answer) => (answer?.status === "running" ? EVERY_MS : false) },
  );
  return (
    <Page
      title="Optimisation"
      before={<a href="/app/tests?tab=optimizations">Optimisations</a>}
      actions={data?.status === "running" && <CancelButton id={id} />}
    >
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {data && <Status status={data.status} />}
        {data && (
          <span class="muted">
            <a href={`/app/prompts/${encodeURIComponent(data.prompt.name)}?version=${data.prompt.version}`}>
              {data.prompt.name}
            </a>{" "}
            version {data.prompt.version}, <Time at={data.created_at} />
          </span>
        )}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data && <OptimizationParts optimization={data} />}
    </Page>
  );
}

function OptimizationParts({ optimization }: { optimization: Optimization }) {
  const { goal, published, reason, tests, repeat, cost_usd, max_cost_usd, confirmation } = optimization;
  return (
    <>
      <Stats>
        <Stat
          label="Goal"
          value={goal === "tokens" ? "fewer tokens" : "higher score"}
          note={goal === "tokens" ? `at least ${percent(optimization.min_saving)} saved` : ""}
        />
        <Stat
          label="Published"
          value={published === null ? "nothing" : `version ${published}`}
          note={published === null ? "" : "without a label"}
          tone={published === null ? undefined : "good"}
        />
        <Stat label="Tests" value={count(tests)} note={`${count(repeat)} trials each to confirm`} />
        <Stat label="Cost" value={usd(cost_usd)} note={`of at most ${usd(max_cost_usd)}`} />
      </Stats>
      {reason !== null && (
        <Panel title="Why nothing was published">
          <p>{reason}</p>
        </Panel>
      )}
      {confirmation && <Confirmation confirmation={confirmation} goal={goal} margin={optimization.margin} />}
      <Candidates optimization={optimization} />
    </>
  );
}

interface ConfirmationProps {
  confirmation: NonNullable<Optimization["confirmation"]>;
  goal: Optimization["goal"];
  margin: number;
}

function Confirmation({ confirmation, goal, margin }: ConfirmationProps) {
  const { candidate, pairs, planned, pass_rates, difference, interval, shown } = confirmation;
  const [before, after] = pass_rates;
  const format = goal === "tokens" ? percent : decimal;
  const [low = null, high = null] = interval ?? [];
  const what = goal === "tokens" ? `at most ${percent(margin)} lower` : "higher";
  return (
    <Panel
      title={`Candidate ${candidate} against the version`}
      aside={<Badge tone={shown ? "good" : "neutral"}>{shown ? `shown: ${what}` : `not shown: ${what}`}</Badge>}
    >
      <div class="stack">
        {pairs < planned && (
          <Progress label="Pairs of trials" done={pairs} total={planned}>
            {count(pairs)} of {count(planned)} pairs
          </Progress>
        )}
        <p>
          Pass rate {percent(before ?? null)} before and {percent(after ?? null)} with the candidate, in {count(pairs)}{" "}
          pairs. The difference is {signed(difference, format)}
          {interval && (
            <>
              , with 95 % between {signed(low, format)} and {signed(high, format)}
            </>
          )}
          .
        </p>
      </div>
    </Panel>
  );
}

function Candidates({
  optimization: { id, candidates, failed_proposals, unused_variables },
}: {
  optimization: Optimization;
}) {
  const [chosen] = useUrlState("candidate", "0");
  const rows: Candidate[] = candidates.map((candidate, place) => ({ ...candidate, place }));
  const points = rows.flatMap(({ place, tokens, score }) =>
    score === null ? [] : [{ label: String(place), cost: tokens, worth: score }],
  );
  const shown = rows[Number(chosen)];
  return (
    <>
      <Panel title="Candidates">
        <PlainTable label="Candidates" items={rows} keyOf={({ place }) => String(place)} columns={columnsFor(id)} />
      </Panel>
      <div class="columns">
        {points.length > 0 && (
          <Panel title="Tokens and score">
            <FrontPlot
              points={points}
              cost={{ title: "Tokens of the prompt", format: decimal }}
              worth={{ title: "Mean score", format: decimal }}
            />
          </Panel>
        )}
        {shown && <CandidateTexts candidate={shown} />}
      </div>
      {(failed_proposals.length > 0 || unused_variables.length > 0) && (
        <Panel title="Notes">
          <ul class="text-changes">
            {unused_variables.map((name) => (
              <li key={name}>
                No template uses the variable <code>{name}</code>.
              </li>
            ))}
            {[...Map.groupBy(failed_proposals, (text) => text)].map(([text, same]) => (
              <li key={text}>
                {same.length === 1 ? "A proposal" : `${same.length} proposals`} could not be tried: {text}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function columnsFor(id: string): Column<Candidate>[] {
  return [
    {
      title: "Candidate",
      cell: ({ place, origin, level }) => (
        <>
          <a href={`/app/optimizations/${id}?candidate=${place}`}>{place}</a>{" "}
          {[level, origin.replaceAll("_", " ")].filter((word) => word !== null).join(" ")}
        </>
      ),
    },
    { title: "Made of", align: "right", wide: true, cell: ({ parent }) => parent ?? "–" },
    { title: "Tokens", align: "right", cell: ({ tokens }) => decimal(tokens) },
    { title: "Saving", align: "right", cell: ({ saving }) => percent(saving) },
    { title: "Trials", align: "right", wide: true, cell: ({ trials }) => count(trials) },
    { title: "Pass rate", align: "right", cell: ({ pass_rate }) => percent(pass_rate) },
    { title: "Score", align: "right", cell: ({ score }) => decimal(score) },
    { title: "Front", wide: true, cell: ({ on_front }) => (on_front ? <Badge tone="good">on the front</Badge> : "–") },
  ];
}

function CandidateTexts({ candidate: { place, changes, texts } }: { candidate: Candidate }) {
  return (
    <Panel title={`Candidate ${place}`}>
      <div class="stack">
        {changes.length > 0 && (
          <ul class="text-changes">
            {changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        )}
        {texts.map((text, index) => (
          <Code key={index} label={`Template ${index + 1} of candidate ${place}`} text={text} />
        ))}
      </div>
    </Panel>
  );
}

function CancelButton({ id }: { id: string }) {
  const [isAsking, setAsking] = useState(false);
  const mayCancel = useScope("executions:write");
  const cancel = useAction(async () => api.optimizations.cancel(id), {
    done: "Nothing further is executed or published.",
    onDone: () => setAsking(false),
  });
  if (!mayCancel) return null;
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        Cancel optimisation
      </button>
      {isAsking && (
        <Confirm
          title="Cancel the optimisation"
          action="Cancel optimisation"
          isPending={cancel.isPending}
          error={cancel.error}
          act={() => cancel.run(undefined)}
          close={() => setAsking(false)}
        >
          Nothing further is executed, and nothing is published.
        </Confirm>
      )}
    </>
  );
}

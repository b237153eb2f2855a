import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { ComparisonReply } from "../../../client/experiments.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, decimal, duration, usd } from "../../ui/format.ts";
import { IntervalBar } from "../../ui/interval-bar.tsx";
import { Empty, Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Copy, Status, Time } from "../../ui/small.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import { ComparedAnswers, ComparedInputs } from "./compared-answers.tsx";
import { costOfAnswer, letterOf, type Subject, subjectText } from "./comparison.ts";
import { FrontPlot } from "./front-plot.tsx";
import { PairTable } from "./pair-table.tsx";
import "../../styles/tests.css";

const EVERY_MS = 1_000;
const HEIGHT_PX = 400;

/** A comparison: who passes, what it costs, and whether there is a difference. */
export function ComparisonPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { data, error, refetch } = useRead(
    "GET /v1/comparisons/{id}",
    { path: { id } },
    { everyMs: (comparison) => (comparison?.status === "running" ? EVERY_MS : false) },
  );
  return (
    <Page
      title="Comparison"
      before={<a href="/app/tests?tab=comparisons">Comparisons</a>}
      actions={data && <ComparisonActions comparison={data} />}
    >
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {data && <Status status={data.status} />}
        {data && (
          <span class="muted">
            <a href={`/app/prompts/${encodeURIComponent(data.prompt)}`}>{data.prompt}</a>, {usd(data.cost_usd)},{" "}
            <Time at={data.created_at} />
          </span>
        )}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!data && !error && <Skeleton height={HEIGHT_PX} />}
      {data && <ComparisonParts comparison={data} />}
    </Page>
  );
}

function ComparisonParts({ comparison }: { comparison: ComparisonReply }) {
  const { status, done, total, stopped, subjects, pairs } = comparison;
  return (
    <>
      {status === "running" && (
        <Panel>
          <Progress label="Executions that have ended" done={done} total={total}>
            {count(done)} of {count(total)} executions ended
          </Progress>
        </Panel>
      )}
      {stopped !== null && (
        <p class="warn">It stopped before its end: what was left of its cost limit did not cover the next execution.</p>
      )}
      <Panel title="Subjects">
        <PlainTable
          label="Subjects"
          items={subjects.map((subject, place) => ({ ...subject, place }))}
          keyOf={({ place }) => letterOf(place)}
          columns={SUBJECT_COLUMNS}
        />
      </Panel>
      <Panel title="Pairs: the first less the second">
        <PairTable pairs={pairs} />
      </Panel>
      <div class="columns">
        <Panel title="Cost and score">
          <CostAndScore subjects={subjects} />
        </Panel>
        <ComparedInputs comparison={comparison} />
      </div>
      <ComparedAnswers comparison={comparison} />
    </>
  );
}

const SUBJECT_COLUMNS: readonly Column<Subject & { place: number }>[] = [
  {
    title: "Subject",
    cell: (subject) => (
      <>
        <b>{letterOf(subject.place)}</b> {subjectText(subject)}
      </>
    ),
  },
  {
    title: "Pass rate, 95 % interval",
    cell: ({ pass_rate, interval }) => <IntervalBar value={pass_rate} interval={interval} />,
  },
  { title: "Score", align: "right", cell: ({ score }) => decimal(score) },
  { title: "Cost of an answer", align: "right", wide: true, cell: (subject) => usd(costOfAnswer(subject)) },
  { title: "Cost", align: "right", cell: ({ cost_usd }) => usd(cost_usd) },
  { title: "Latency", align: "right", wide: true, cell: ({ latency_ms }) => duration(latency_ms) },
  { title: "Tokens", align: "right", wide: true, cell: ({ tokens }) => decimal(tokens) },
  {
    title: "Answers",
    align: "right",
    wide: true,
    cell: ({ answers, failed }) => count(answers) + (failed === 0 ? "" : `, ${count(failed)} failed`),
  },
];

function CostAndScore({ subjects }: { subjects: readonly Subject[] }) {
  const points = subjects.flatMap((subject, place) => {
    const [cost, worth] = [costOfAnswer(subject), subject.score];
    return cost === null || worth === null ? [] : [{ label: letterOf(place), cost, worth }];
  });
  if (points.length === 0) return <Empty title="No subject has both a known cost and a score yet." />;
  return (
    <FrontPlot
      points={points}
      cost={{ title: "Cost of an answer", format: usd }}
      worth={{ title: "Mean score", format: decimal }}
    />
  );
}

function ComparisonActions({ comparison: { id, prompt, status } }: { comparison: ComparisonReply }) {
  const [isCancelling, setCancelling] = useState(false);
  const mayCompare = useScope("executions:write");
  const cancel = useAction(async () => api.comparisons.cancel(id), {
    done: "Nothing further is executed.",
    onDone: () => setCancelling(false),
  });
  if (!mayCompare) return null;
  return (
    <>
      {status === "running" && (
        <button type="button" class="button danger" onClick={() => setCancelling(true)}>
          Cancel comparison
        </button>
      )}
      <a class="button" href={`/app/compare?prompt=${encodeURIComponent(prompt)}`}>
        Compare again
      </a>
      {isCancelling && (
        <Confirm
          title="Cancel the comparison"
          action="Cancel comparison"
          isPending={cancel.isPending}
          error={cancel.error}
          act={() => cancel.run(undefined)}
          close={() => setCancelling(false)}
        >
          Nothing further is executed. The answers so far are kept.
        </Confirm>
      )}
    </>
  );
}

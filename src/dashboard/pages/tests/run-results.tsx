import type { TestRunReply } from "../../../client/test-runs.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog } from "../../ui/form.tsx";
import { count, decimal, duration, shortId } from "../../ui/format.ts";
import { IntervalBar } from "../../ui/interval-bar.tsx";
import { Empty, Panel } from "../../ui/page.tsx";
import { Badge, Code, type Tone } from "../../ui/small.tsx";
import { type Column, PlainTable, Table } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import {
  CASE_FILTERS,
  type CaseFilter,
  caseKey,
  type CaseResult,
  casesOf,
  faultLine,
  meanOf,
  trialsText,
  verdictOf,
} from "./run-cases.ts";

/** Every test by each model. */
export function RunResults({ run }: { run: TestRunReply }) {
  const [show, setShow] = useUrlState("show", "all");
  const filter = CASE_FILTERS.find((each) => each === show) ?? "all";
  const hrefOf = (result: CaseResult) => {
    const query = new URLSearchParams({ ...(filter !== "all" && { show: filter }), case: caseKey(result) });
    return `/app/test-runs/${run.id}?${query.toString()}`;
  };
  const hasModels = run.results.some(({ model }) => model !== null);
  return (
    <Panel class="flush" title="Results" aside={<FilterButtons run={run} filter={filter} set={setShow} />}>
      <Table
        label="Results by test"
        columns={hasModels ? COLUMNS : COLUMNS.filter(({ title }) => title !== "Model")}
        items={casesOf(run.results, filter)}
        keyOf={caseKey}
        hrefOf={hrefOf}
        height="max(20rem, calc(100vh - 22rem))"
        empty={<Empty title={run.results.length === 0 ? "No test has begun yet." : `No test is ${filter}.`} />}
      />
    </Panel>
  );
}

interface FilterButtonsProps {
  run: TestRunReply;
  filter: CaseFilter;
  set: (filter: string) => void;
}

function FilterButtons({ run, filter, set }: FilterButtonsProps) {
  return (
    <div class="segmented" role="group" aria-label="Which results">
      {CASE_FILTERS.map((each) => (
        <button key={each} type="button" aria-pressed={each === filter} onClick={() => set(each)}>
          {each} {count(casesOf(run.results, each).length)}
        </button>
      ))}
    </div>
  );
}

const TONES: Record<ReturnType<typeof verdictOf>, Tone> = { passed: "good", failed: "bad", flaky: "warn" };

function Verdict({ result }: { result: Pick<CaseResult, "passed" | "flaky"> }) {
  const verdict = verdictOf(result);
  return <Badge tone={TONES[verdict]}>{verdict}</Badge>;
}

const COLUMNS: readonly Column<CaseResult>[] = [
  { title: "Test", width: "minmax(8rem, 2fr)", cell: ({ test }) => test },
  { title: "Model", width: "minmax(6rem, 1fr)", wide: true, cell: ({ model }) => model ?? "the prompt's" },
  { title: "Result", width: "5rem", cell: (result) => <Verdict result={result} /> },
  { title: "Trials", width: "4.5rem", align: "right", cell: trialsText },
  {
    title: "Pass rate, 95 % interval",
    width: "minmax(15rem, 1.2fr)",
    wide: true,
    cell: ({ pass_rate, interval }) => <IntervalBar value={pass_rate} interval={interval} />,
  },
  { title: "Score", width: "4rem", align: "right", wide: true, cell: ({ scores }) => decimal(meanOf(scores)) },
  { title: "Latency", width: "5rem", align: "right", wide: true, cell: ({ latency_ms }) => duration(latency_ms) },
  {
    title: "What was not met",
    width: "minmax(8rem, 2fr)",
    wide: true,
    cell: (result) => <span class="muted">{faultLine(result) ?? "–"}</span>,
  },
];

/** The test that the address names, with its checks and its answer. */
export function CaseDialog({ run }: { run: TestRunReply }) {
  const [key] = useUrlState("case");
  const set = useSetUrlState();
  const result = run.results.find((each) => caseKey(each) === key);
  if (key === "" || (!result && run.status === "running")) return null;
  return (
    <Dialog title={key} close={() => set({ case: "" })}>
      {result ? <CaseDetail result={result} /> : <ErrorBox error={new Error(`The run has no test ${key}.`)} />}
    </Dialog>
  );
}

function CaseDetail({ result }: { result: CaseResult }) {
  const { checks, output, error, execution_id, reused_from, latency_ms, repeats } = result;
  return (
    <div class="stack">
      <p class="row">
        <Verdict result={result} />
        <span class="muted">
          {trialsText(result)} trials passed, {duration(latency_ms)} in the mean
        </span>
      </p>
      {error && (
        <div class="error-box">
          <p>
            <code>{error.code}</code> {error.detail}
          </p>
        </div>
      )}
      {checks.length === 0 && !error && <p class="muted">It has no assertion: its execution has to succeed.</p>}
      {checks.length > 0 && (
        <PlainTable
          label="Checks"
          items={checks.map((check, index) => ({ ...check, index }))}
          keyOf={({ index }) => String(index)}
          columns={[
            { title: "Check", cell: ({ kind }) => kind },
            {
              title: "Met",
              cell: ({ passed }) => <Badge tone={passed ? "good" : "bad"}>{passed ? "met" : "not met"}</Badge>,
            },
            { title: "Score", align: "right", cell: ({ score }) => decimal(score) },
            { title: "Expected and seen", cell: ({ detail }) => <span class="check-detail">{detail}</span> },
          ]}
        />
      )}
      {output !== null && <Code label="Output" text={output} />}
      {repeats > 1 && <p class="hint">Of the first trial that failed, or else of the first.</p>}
      {execution_id !== null && <a href={`/app/executions/${execution_id}`}>Execution {shortId(execution_id)}</a>}
      {reused_from !== null && (
        <p class="hint">
          Nothing was executed: the result is that of <a href={`/app/test-runs/${reused_from}`}>an earlier run</a>.
        </p>
      )}
    </div>
  );
}

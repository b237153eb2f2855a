import type { ComparisonReply } from "../../../client/experiments.ts";
import { decimal, duration, shortId, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Badge, Code } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { type ComparedInput, inputKey, letterOf, subjectText } from "./comparison.ts";

type Answer = ComparedInput["answers"][number];

/** The inputs with how each subject did; a row shows its answers. */
export function ComparedInputs({ comparison: { id, subjects, inputs } }: { comparison: ComparisonReply }) {
  return (
    <Panel class="flush" title="Inputs">
      <Table
        label="Inputs"
        columns={columnsOf(subjects.length)}
        items={inputs}
        keyOf={inputKey}
        hrefOf={(input) => `/app/comparisons/${id}?${new URLSearchParams({ input: inputKey(input) }).toString()}`}
        height="18.5rem"
        empty={<Empty title="No input has an answer yet." />}
      />
    </Panel>
  );
}

/** Side by side, the answers to the input that the address names, or else to the first. */
export function ComparedAnswers({ comparison: { subjects, inputs } }: { comparison: ComparisonReply }) {
  const [key, setKey] = useUrlState("input");
  const place = Math.max(
    0,
    inputs.findIndex((input) => inputKey(input) === key),
  );
  const shown = inputs[place];
  if (!shown) return null;
  const go = (by: number) => {
    const next = inputs[place + by];
    if (next) setKey(inputKey(next));
  };
  return (
    <Panel
      title={`Answers to ${inputKey(shown)}`}
      aside={
        <>
          <button type="button" class="button small" disabled={place === 0} onClick={() => go(-1)}>
            Previous input
          </button>
          <button type="button" class="button small" disabled={place >= inputs.length - 1} onClick={() => go(1)}>
            Next input
          </button>
        </>
      }
    >
      <div class="answers">
        {subjects.map((subject, index) => (
          <section key={letterOf(index)} class="answer" aria-label={`Answer of ${letterOf(index)}`}>
            <h3>
              {letterOf(index)} <span class="muted">{subjectText(subject)}</span>
            </h3>
            <AnswerOf answer={shown.answers.find((each) => each.subject === index)} letter={letterOf(index)} />
          </section>
        ))}
      </div>
    </Panel>
  );
}

function AnswerOf({ answer, letter }: { answer: Answer | undefined; letter: string }) {
  if (!answer) return <p class="muted">No answer yet.</p>;
  const { output, error, execution_id } = answer;
  return (
    <>
      <p class="row">
        <Passed answer={answer} />
        <span class="muted">
          {usd(answer.cost_usd)}, {duration(answer.latency_ms)}, {decimal(answer.tokens)} tokens
        </span>
      </p>
      {output !== null && <Code label={`Output of ${letter}`} text={output} />}
      {error && (
        <div class="error-box">
          <p>
            <code>{error.code}</code> {error.detail}
          </p>
        </div>
      )}
      {execution_id !== null && <a href={`/app/executions/${execution_id}`}>Execution {shortId(execution_id)}</a>}
    </>
  );
}

function Passed({ answer: { passed, score } }: { answer: Answer }) {
  return <Badge tone={passed ? "good" : "bad"}>{`${passed ? "passed" : "failed"} ${decimal(score)}`}</Badge>;
}

function columnsOf(subjects: number): Column<ComparedInput>[] {
  return [
    { title: "Input", width: "minmax(7rem, 2fr)", cell: inputKey },
    ...Array.from({ length: subjects }, (_, place): Column<ComparedInput> => ({
      title: letterOf(place),
      width: "minmax(6rem, 1fr)",
      cell: ({ answers }) => {
        const answer = answers.find(({ subject }) => subject === place);
        return answer ? <Passed answer={answer} /> : "–";
      },
    })),
  ];
}

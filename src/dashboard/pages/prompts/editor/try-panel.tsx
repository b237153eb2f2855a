import { useEffect, useRef } from "preact/hooks";
import type { ExecutionReply } from "../../../../client/index.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { count, duration, usd } from "../../../ui/format.ts";
import { Panel } from "../../../ui/page.tsx";
import { Badge, Copy } from "../../../ui/small.tsx";
import type { TriedExecution } from "./use-try.ts";

interface TryPanelProps {
  trial: TriedExecution | null;
  cancel: () => void;
  /** What a try would do now. */
  plan: string;
}

/** The answer of the execution that was tried last, as it comes. */
export function TryPanel({ trial, cancel, plan }: TryPanelProps) {
  const place = useRef<HTMLDivElement>(null);
  const isRunning = trial?.state === "running";
  useEffect(() => {
    if (isRunning) place.current?.scrollIntoView({ block: "nearest" });
  }, [isRunning, trial?.version]);
  return (
    <div ref={place} class="try-panel">
      <Panel
        title={<>Answer {trial && <TrialState trial={trial} />}</>}
        aside={trial && <Aside {...{ trial, cancel }} />}
      >
        <div class="stack" aria-live="polite" aria-busy={trial?.state === "running"}>
          {!trial && <p class="muted">{plan}</p>}
          {trial && <TrialOutput trial={trial} />}
          {trial?.result && <Numbers result={trial.result} firstPieceMs={trial.firstPieceMs} />}
          <ErrorBox error={trial?.error} />
          {trial?.state === "left" && (
            <p class="warn">
              You left the answer. The model may go on with it; the execution is recorded with its cost.
            </p>
          )}
        </div>
      </Panel>
    </div>
  );
}

function TrialState({ trial: { state, version } }: { trial: TriedExecution }) {
  const tones = { running: "accent", done: "good", failed: "bad", left: "warn" } as const;
  const words = { running: "running", done: "succeeded", failed: "failed", left: "cancelled" };
  return (
    <>
      <span class="muted">of #{version}</span> <Badge tone={tones[state]}>{words[state]}</Badge>
    </>
  );
}

function Aside({ trial, cancel }: { trial: TriedExecution; cancel: () => void }) {
  if (trial.state === "running") {
    return (
      <button type="button" class="button small" onClick={cancel}>
        Cancel
      </button>
    );
  }
  return (
    <>
      {trial.output !== "" && <Copy text={trial.output} />}
      {trial.id !== null && <a href={`/app/executions/${trial.id}`}>Execution</a>}
    </>
  );
}

function TrialOutput({ trial: { output, reasoning, toolCalls, state } }: { trial: TriedExecution }) {
  return (
    <>
      {reasoning !== "" && (
        <details>
          <summary>Reasoning</summary>
          <div class="message-text">{reasoning}</div>
        </details>
      )}
      {(output !== "" || (toolCalls.length === 0 && state === "running")) && (
        <div class="message-text answer" tabIndex={0} role="group" aria-label="Answer">
          {output === "" ? "…" : output}
        </div>
      )}
      {toolCalls.map((call) => (
        <div key={call.id} class="message-text">
          calls <b>{call.name}</b> {JSON.stringify(call.arguments, null, 2)}
        </div>
      ))}
    </>
  );
}

function Numbers({ result, firstPieceMs }: { result: ExecutionReply; firstPieceMs: number | null }) {
  const { usage, cost_usd, latency_ms, attempts, model, cached, finish_reason, warnings = [] } = result;
  const numbers: [string, string][] = [
    ["Cost", usd(cost_usd)],
    ["Latency", duration(latency_ms)],
    ["First piece here", duration(firstPieceMs)],
    ["Tokens in", count(usage.prompt_tokens)],
    ["Tokens out", count(usage.completion_tokens)],
    ["Attempts", count(attempts)],
    ["Model", model ?? "–"],
    ["Stored answer", cached === false ? "no" : cached],
    ["Ended by", finish_reason ?? "–"],
  ];
  return (
    <>
      <dl class="numbers">
        {numbers.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {warnings.map((warning) => (
        <p key={warning} class="warn">
          {warning}
        </p>
      ))}
    </>
  );
}

import { useState } from "preact/hooks";
import type { OperationResult } from "../../../../client/index.ts";
import { api } from "../../../api/client.ts";
import { useScope } from "../../../api/session.tsx";
import { useList, useRead } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { percent } from "../../../ui/format.ts";
import { Panel, Skeleton } from "../../../ui/page.tsx";
import { Badge } from "../../../ui/small.tsx";
import { promptHref } from "../addresses.ts";
import { promptLabelGuard } from "../label-guard.ts";
import { type Meaning, meaningText } from "../label-meaning.ts";
import { MoveDialog } from "./move-dialog.tsx";
import { MovesTable } from "./moves-table.tsx";
import { ProtectDialog } from "./protect-dialog.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";
import { Shares } from "./shares.tsx";

type Protection = OperationResult<"GET /v1/prompts/{name}/labels/{label}/protection">;

const LINE_PX = 28;

interface LabelDetailProps {
  name: string;
  newest: number;
  label: string;
  /** Null where the label is not set. */
  meaning: Meaning | null;
}

/** A label: what it means, its protection, its history, and what may be done with it. */
export function LabelDetail({ name, newest, label, meaning }: LabelDetailProps) {
  const path = { name, label };
  const protection = useRead("GET /v1/prompts/{name}/labels/{label}/protection", { path });
  const moves = useList("GET /v1/prompts/{name}/labels/{label}/history", { path });
  const of = { name, newest, label, meaning };
  return (
    <Panel class="flush" title={label} aside={<LabelActions {...of} protection={protection.data} />}>
      <div class="panel-body stack">
        <p>{meaning ? <Shares meaning={meaning} /> : <span class="muted">It is not set.</span>}</p>
        <ErrorBox error={protection.error ?? moves.error} />
        {protection.data ? <ProtectionFacts protection={protection.data} /> : <Skeleton height={LINE_PX} />}
      </div>
      <MovesTable label={label} moves={moves} />
      <p class="hint panel-note">
        <a href={promptHref(name, "promotions")}>Promotions</a> has the moves that wait for their checks.
      </p>
    </Panel>
  );
}

function ProtectionFacts({ protection }: { protection: Protection }) {
  const { tests, compatible_variables, approvals, auto_rollback } = protection;
  const facts = [
    tests && "tests pass",
    compatible_variables && "compatible variables",
    approvals > 0 && `${approvals} ${approvals === 1 ? "approval" : "approvals"} by other keys`,
  ].filter((fact) => fact !== false);
  return (
    <p class="row">
      {facts.length === 0 ? <Badge>not protected</Badge> : <Badge tone="good">protected</Badge>}
      {facts.length === 0 ? "It moves at once." : `It moves after: ${facts.join(", ")}.`}
      {auto_rollback && (
        <span>
          A split goes back by itself where {watchedBy(auto_rollback)} get worse (false alarms:{" "}
          {percent(auto_rollback.false_alarm_rate)}).
        </span>
      )}
    </p>
  );
}

function watchedBy({ errors, feedback, tests }: { errors: boolean; feedback: boolean; tests: boolean }): string {
  const watched = [errors && "errors", feedback && "scores of feedback", tests && "test runs"];
  return watched.filter((each) => each !== false).join(" or ");
}

type Opened = "move" | "rollback" | "protect" | "delete";

function LabelActions({ protection, ...label }: LabelDetailProps & { protection: Protection | undefined }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [mayWrite, mayApprove] = [useScope("prompts:write"), useScope("prompts:approve")];
  const close = () => setOpened(null);
  const button = (which: Opened, title: string, tone = "") => (
    <button type="button" class={`button small ${tone}`} onClick={() => setOpened(which)}>
      {title}
    </button>
  );
  return (
    <>
      {mayWrite && button("move", "Move or split…")}
      {mayWrite && label.meaning && button("rollback", "Roll back…")}
      {mayApprove ? button("protect", "Protect…") : <span class="muted">Protecting needs prompts:approve.</span>}
      {mayWrite && label.meaning && button("delete", "Delete…", "danger")}
      {opened === "move" && <MoveDialog {...label} close={close} />}
      {opened === "protect" && protection && <ProtectDialog {...label} protection={protection} close={close} />}
      {opened === "rollback" && <Rollback {...label} close={close} />}
      {opened === "delete" && <Delete {...label} close={close} />}
    </>
  );
}

type WithClose = LabelDetailProps & { close: () => void };

function Rollback({ name, label, meaning, close }: WithClose) {
  return (
    <ReasonDialog
      title={`Roll back ${label}`}
      action="Roll back"
      act={async (reason) =>
        api.labels.rollback(name, label, { reason, ...(await promptLabelGuard({ name, label, meaning })) })
      }
      done={(moved) => `${label} means ${meaningText(moved)} again.`}
      close={close}
    >
      {label} goes back from {meaningText(meaning)} to what it meant before, at once, even if it is protected.
    </ReasonDialog>
  );
}

function Delete({ name, label, meaning, close }: WithClose) {
  return (
    <ReasonDialog
      title={`Delete ${label}`}
      action="Delete"
      act={async (reason) =>
        api.labels.delete(name, label, { reason, ...(await promptLabelGuard({ name, label, meaning })) })
      }
      done={() => `${label} is deleted.`}
      close={close}
    >
      Callers that ask for {label} get an error.
      {label === "production" && " Callers that name neither a version nor a label get the newest version."} Its history
      stays.
    </ReasonDialog>
  );
}

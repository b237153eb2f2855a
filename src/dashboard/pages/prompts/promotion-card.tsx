import type { OperationResult } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useScope, useSession } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { shortId } from "../../ui/format.ts";
import { Status, Time } from "../../ui/small.tsx";
import { meaningText } from "./label-meaning.ts";

/** A move of a protected label that was asked for. */
export type ShownPromotion = OperationResult<"GET /v1/promotions/{id}">;

const REFRESH_MS = 2_000;

const CHECK_TITLES: Record<ShownPromotion["checks"][number]["name"], string> = {
  compatible_variables: "Compatible variables",
  tests: "Tests",
  approvals: "Approvals",
};

/** A promotion with its checks, which is asked for again until it has ended. */
export function LivePromotion({ promotion }: { promotion: ShownPromotion }) {
  const { data = promotion, error } = useRead(
    "GET /v1/promotions/{id}",
    { path: { id: promotion.id } },
    {
      everyMs: (data) => (data === undefined || data.status === "pending") && REFRESH_MS,
      enabled: promotion.status === "pending",
    },
  );
  return (
    <>
      <PromotionCard promotion={data.id === promotion.id ? data : promotion} />
      <ErrorBox error={error} />
    </>
  );
}

function PromotionCard({ promotion }: { promotion: ShownPromotion }) {
  const { label, from, to, status, checks, reason, asked_by, approvals, created_at, ended_at, detail } = promotion;
  return (
    <article class="promotion" aria-label={`Promotion of ${label} to ${meaningText(to)}`}>
      <header class="row between">
        <h3>
          {label}: {meaningText(from)} → {meaningText(to)}
        </h3>
        <span role="status">
          <Status status={status} />
        </span>
      </header>
      <ul class="checks">
        {checks.map((check) => (
          <li key={check.name}>
            <Status status={check.status} /> <b>{CHECK_TITLES[check.name]}</b> <span class="muted">{check.detail}</span>
          </li>
        ))}
      </ul>
      {detail !== null && <p>{detail}</p>}
      {reason !== null && <p>“{reason}”</p>}
      <p class="muted">
        Asked for by <code title={asked_by}>{shortId(asked_by)}</code> <Time at={created_at} />
        {approvals.map(({ key_id, approved_at }) => (
          <span key={key_id}>
            , approved by <code title={key_id}>{shortId(key_id)}</code> <Time at={approved_at} />
          </span>
        ))}
        {ended_at !== null && (
          <>
            , ended <Time at={ended_at} />
          </>
        )}
      </p>
      {status === "pending" && <Decisions promotion={promotion} />}
    </article>
  );
}

/** Approve and cancel, for keys that may. */
function Decisions({ promotion: { id, checks, asked_by, approvals } }: { promotion: ShownPromotion }) {
  const me = useSession().session.key.id;
  const [mayApprove, mayCancel] = [useScope("prompts:approve"), useScope("prompts:write")];
  const approve = useAction(async () => api.promotions.approve(id), { done: "Approved." });
  const cancel = useAction(async () => api.promotions.cancel(id), { done: "Cancelled." });
  const needsApproval = checks.some(({ name, status }) => name === "approvals" && status === "pending");
  const hasApproved = approvals.some(({ key_id }) => key_id === me);
  const why =
    asked_by === me
      ? "Another key than the one that asked has to approve it."
      : hasApproved
        ? "This key has approved it."
        : mayApprove
          ? null
          : "Approving needs the scope prompts:approve.";
  return (
    <>
      <div class="row">
        {needsApproval && why === null && (
          <button type="button" class="button primary" disabled={approve.isPending} onClick={() => approve.run()}>
            Approve
          </button>
        )}
        {mayCancel && (
          <button type="button" class="button" disabled={cancel.isPending} onClick={() => cancel.run()}>
            Cancel promotion
          </button>
        )}
        {needsApproval && why !== null && <span class="muted">{why}</span>}
      </div>
      <ErrorBox error={approve.error ?? cancel.error} />
    </>
  );
}

import type { OperationQuery } from "../../../client/index.ts";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Empty, Panel, Skeleton } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { LivePromotion } from "./promotion-card.tsx";

const PAGE_SIZE = 100;
const PLACE_PX = 160;
const REFRESH_MS = 5_000;
const STATUSES = ["pending", "promoted", "failed", "cancelled"] as const;

/** The promotions of a prompt's labels. The API lists those of all prompts together. */
export function PromotionsTab({ name }: { name: string }) {
  const [chosen, setChosen] = useUrlState("status");
  const status = STATUSES.find((each) => each === chosen);
  const query: OperationQuery<"GET /v1/promotions"> = { limit: PAGE_SIZE, ...(status ? { status } : {}) };
  const list = useList("GET /v1/promotions", { query }, { everyMs: REFRESH_MS });
  const own = list.items.filter(({ prompt }) => prompt === name);
  return (
    <Panel title="Promotions" aside={<StatusFilter chosen={chosen} choose={setChosen} />}>
      <div class="stack">
        <ErrorBox error={list.error} retry={list.refetch} />
        {list.isPending && <Skeleton height={PLACE_PX} />}
        {own.map((promotion) => (
          <LivePromotion key={promotion.id} promotion={promotion} />
        ))}
        {!list.isPending && !list.error && own.length === 0 && (
          <NoPromotions name={name} status={status} looked={list.hasMore ? list.items.length : null} />
        )}
        {list.hasMore && (
          <button type="button" class="button" disabled={list.isLoadingMore} onClick={list.loadMore}>
            Look at earlier ones
          </button>
        )}
      </div>
    </Panel>
  );
}

interface NoPromotionsProps {
  name: string;
  status: string | undefined;
  /** How many were looked at; null for all. */
  looked: number | null;
}

function NoPromotions({ name, status, looked }: NoPromotionsProps) {
  if (looked !== null) return <Empty title={`None of the last ${looked} promotions is of this prompt.`} />;
  if (status !== undefined) return <Empty title={`No promotion of this prompt is ${status}.`} />;
  return (
    <Empty
      title="No move of a protected label was asked for. Protect one, and moves wait for their checks:"
      command={`npx pbt-edge protect ${name} production --tests --approvals 1`}
    />
  );
}

function StatusFilter({ chosen, choose }: { chosen: string; choose: (status: string) => void }) {
  return (
    <div class="segmented" role="group" aria-label="Status">
      {["", ...STATUSES].map((each) => (
        <button key={each} type="button" aria-pressed={each === chosen} onClick={() => choose(each)}>
          {each === "" ? "all" : each}
        </button>
      ))}
    </div>
  );
}

import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, percent, usd } from "../../ui/format.ts";
import { Empty, Page, Panel } from "../../ui/page.tsx";
import { PromptLink } from "../../ui/prompt-link.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useTimeRange } from "../../ui/time-range.tsx";
import { totalOf, type UsedRow } from "../overview/usage-series.ts";

type PromptRow = UsedRow & { prompt: string | null };

const TIERS = [
  ["memory", "Memory"],
  ["edge", "Edge cache"],
  ["kv", "KV"],
  ["flight", "Shared flight"],
] as const;

/** Prompts that are shown, those that saved most. */
const SHOWN = 1_000;

/** What stored answers saved, by tier and by prompt. */
export function CachePage() {
  const { range, picker } = useTimeRange("24h");
  const times = { from: range.from, to: range.to };
  const query = { ...times, group_by: "prompt", order: "-saved_usd" as const, limit: SHOWN };
  const { data, error, isPending, refetch } = useRead("GET /v1/usage", { query });
  const all = useRead("GET /v1/usage", { query: times }).data?.data ?? [];
  const [dropped, setDropped] = useState<string | null>(null);
  const mayDrop = useScope("prompts:write");
  const rows = (data?.data ?? []) as PromptRow[];
  const total = totalOf(all);
  const hitsOf = (tier: (typeof TIERS)[number][0]) => all.reduce((sum, { cache }) => sum + cache.hits[tier], 0);
  const share = (hits: number) => (total.executions === 0 ? null : hits / total.executions);
  return (
    <Page title="Cache" actions={picker}>
      <ErrorBox error={error} retry={() => void refetch()} />
      <Stats>
        <Stat
          label="Hit rate"
          value={percent(share(total.hits))}
          note={`${count(total.hits)} of ${count(total.executions)}`}
        />
        {TIERS.map(([tier, title]) => (
          <Stat key={tier} label={title} value={percent(share(hitsOf(tier)))} note={`${count(hitsOf(tier))} hits`} />
        ))}
        <Stat label="Saved" value={usd(total.saved_usd)} note={`${usd(total.cost_usd)} paid`} />
      </Stats>
      <Panel class="flush">
        <Table
          label="Stored answers by prompt"
          columns={[...COLUMNS, ...(mayDrop ? [dropColumn(setDropped)] : [])]}
          items={rows}
          keyOf={({ prompt }) => prompt ?? ""}
          isPending={isPending}
          empty={<Empty title="Nothing was executed in this time." command="npx pbt-edge exec <prompt>" />}
        />
      </Panel>
      {dropped !== null && <DropAnswers prompt={dropped} close={() => setDropped(null)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<PromptRow>[] = [
  { title: "Prompt", width: "minmax(8rem, 2fr)", cell: ({ prompt }) => <PromptLink name={prompt} /> },
  { title: "Executions", width: "6rem", align: "right", cell: ({ executions }) => count(executions) },
  { title: "Hit rate", width: "5rem", align: "right", cell: (row) => percent(totalOf([row]).hits / row.executions) },
  ...TIERS.map(([tier, title]): Column<PromptRow> => ({
    title,
    width: "7rem",
    align: "right",
    wide: true,
    cell: ({ cache }) => count(cache.hits[tier]),
  })),
  { title: "Saved", width: "6rem", align: "right", cell: ({ saved_usd }) => usd(saved_usd) },
];

function dropColumn(drop: (prompt: string) => void): Column<PromptRow> {
  return {
    title: "Answers",
    width: "6rem",
    align: "right",
    cell: ({ prompt }) =>
      prompt !== null && (
        <button
          type="button"
          class="button small"
          aria-label={`Drop answers of ${prompt}`}
          onClick={() => drop(prompt)}
        >
          Drop
        </button>
      ),
  };
}

function DropAnswers({ prompt, close }: { prompt: string; close: () => void }) {
  const drop = useAction(async () => api.prompts.dropAnswers(prompt), {
    done: `The stored answers of ${prompt} are no longer used.`,
    onDone: close,
  });
  return (
    <Confirm
      title="Drop stored answers"
      action="Drop"
      isPending={drop.isPending}
      error={drop.error}
      act={() => drop.run(undefined)}
      close={close}
    >
      The next executions of {prompt} call the model again, and are paid. A new version does this by itself.
    </Confirm>
  );
}

import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, percent, usd } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import { PromptLink } from "../../ui/prompt-link.tsx";
import { PlainTable } from "../../ui/table.tsx";
import type { TimeRange } from "../../ui/time-range-of.ts";
import type { UsedRow } from "./usage-series.ts";

const SHOWN = 10;
const EVERY_MS = 60_000;

/** The prompts that cost most in a time. */
export function TopPrompts({ range: { from, to } }: { range: TimeRange }) {
  const query = { from, to, group_by: "prompt", order: "-cost_usd" as const, limit: SHOWN };
  const { data, error } = useRead("GET /v1/usage", { query }, { everyMs: EVERY_MS });
  const top = (data?.data ?? []) as (UsedRow & { prompt: string | null })[];
  if (error) return <ErrorBox error={error} />;
  if (top.length === 0) return null;
  return (
    <Panel title="Prompts by cost" aside={<a href="/app/usage">All usage</a>}>
      <PlainTable
        label="Prompts by cost"
        items={top}
        keyOf={({ prompt }) => prompt ?? ""}
        columns={[
          { title: "Prompt", cell: ({ prompt }) => <PromptLink name={prompt} /> },
          { title: "Executions", align: "right", cell: ({ executions }) => count(executions) },
          { title: "Errors", align: "right", cell: ({ errors, executions }) => percent(errors / executions) },
          { title: "Tokens", align: "right", wide: true, cell: ({ total_tokens }) => count(total_tokens) },
          { title: "Saved", align: "right", wide: true, cell: ({ saved_usd }) => usd(saved_usd) },
          { title: "Cost", align: "right", cell: ({ cost_usd }) => usd(cost_usd) },
        ]}
      />
    </Panel>
  );
}

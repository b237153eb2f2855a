import type { ListItem } from "../../../client/index.ts";
import { SelectField } from "../../ui/form.tsx";

/** How a comparison or an optimisation stands. */
export type ExperimentStatus = ListItem<"GET /v1/comparisons">["status"];

const STATUSES: readonly ExperimentStatus[] = ["running", "completed", "cancelled"];

/** The status that an address names; undefined where it names none. */
export function statusOf(text: string): ExperimentStatus | undefined {
  return STATUSES.find((status) => status === text);
}

/** Filters by status. */
export function RunStatusField({ value, set }: { value: string; set: (value: string) => void }) {
  const options = [["", "any"], ...STATUSES.map((each) => [each, each] as const)] as const;
  return <SelectField label="Status" value={value} set={set} options={options} />;
}

import { useList } from "../../api/use-api.ts";

interface VersionSelectProps {
  label: string;
  name: string;
  newest: number;
  version: number;
  set: (version: number) => void;
}

const PAGE_SIZE = 100;

/** Chooses one of the last versions, or that which the address names. */
export function VersionSelect({ label, name, newest, version, set }: VersionSelectProps) {
  const { items } = useList("GET /v1/prompts/{name}/versions", { path: { name }, query: { limit: PAGE_SIZE } });
  const versions = [...new Set([newest, version, ...items.map((each) => each.version)])].sort((a, b) => b - a);
  return (
    <select aria-label={label} value={version} onChange={(event) => set(Number(event.currentTarget.value))}>
      {versions.map((each) => (
        <option key={each} value={each}>
          #{each}
          {each === newest ? " newest" : ""}
        </option>
      ))}
    </select>
  );
}

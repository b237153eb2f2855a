import { percent } from "../../../ui/format.ts";
import { type SplitRow, sharesOf, splitOf } from "../label-meaning.ts";
import { Shares } from "./shares.tsx";

/** The most versions of a split. */
const MOST_ROWS = 20;
/** The weight of a version that is added: a canary beside 100. */
const NEW_WEIGHT = "5";

interface SplitEditorProps {
  rows: readonly SplitRow[];
  set: (rows: SplitRow[]) => void;
  newest: number;
  fault: string | undefined;
}

/** The versions that a label means, with their weights. */
export function SplitEditor({ rows, set, newest, fault }: SplitEditorProps) {
  const change = (at: number, changed: Partial<SplitRow>) =>
    set(rows.map((row, index) => (index === at ? { ...row, ...changed } : row)));
  const wanted = splitOf(rows);
  const shares = "split" in wanted ? sharesOf(wanted) : [];
  const shareOf = (version: string) => shares.find((each) => each.version === Number(version))?.share;
  return (
    <fieldset class="group split">
      <legend>Versions</legend>
      {rows.map((row, at) => (
        <Arm
          key={at}
          {...{ row, at, newest }}
          share={rows.length > 1 ? percent(shareOf(row.version)) : null}
          change={(changed) => change(at, changed)}
          leaveOut={() => set(rows.filter((_, index) => index !== at))}
        />
      ))}
      <div class="row">
        <button
          type="button"
          class="button small"
          disabled={rows.length >= MOST_ROWS}
          onClick={() => set([...rows, { version: String(newest), weight: NEW_WEIGHT }])}
        >
          Split with another version
        </button>
        {rows.length > 1 && "split" in wanted && <Shares meaning={wanted} />}
      </div>
      {fault !== undefined && (
        <p class="hint bad" role="status">
          {fault}
        </p>
      )}
    </fieldset>
  );
}

interface ArmProps {
  row: SplitRow;
  at: number;
  newest: number;
  /** Null where it is the only version. */
  share: string | null;
  change: (changed: Partial<SplitRow>) => void;
  leaveOut: () => void;
}

function Arm({ row: { version, weight }, at, newest, share, change, leaveOut }: ArmProps) {
  return (
    <div class="row">
      <input
        type="number"
        min={1}
        max={newest}
        aria-label={`Version ${at + 1}`}
        value={version}
        onInput={(event) => change({ version: event.currentTarget.value })}
      />
      {share !== null && (
        <>
          <input
            type="number"
            min={0}
            step="any"
            aria-label={`Weight of version ${version}`}
            value={weight}
            onInput={(event) => change({ weight: event.currentTarget.value })}
          />
          <span class="muted share">{share}</span>
          <button type="button" class="button small" aria-label={`Leave version ${version} out`} onClick={leaveOut}>
            ✕
          </button>
        </>
      )}
    </div>
  );
}

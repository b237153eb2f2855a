import { ErrorBox } from "../../../ui/error-box.tsx";
import { Warnings } from "../source-tab.tsx";
import type { SourceCheck } from "./use-checked-source.ts";

/** The faults of a file with their lines, and what publishing would warn of. */
export function FaultList({ check: { checked, error }, goTo }: { check: SourceCheck; goTo: (line: number) => void }) {
  const { faults = [], warnings = [] } = checked ?? {};
  return (
    <div class="fault-list">
      <ErrorBox error={error} />
      <p role="status">
        {checked === null && <span class="muted">Loading the checks…</span>}
        {checked !== null && faults.length === 0 && <span class="good">No faults.</span>}
        {faults.length > 0 && (
          <span class="bad">
            {faults.length} {faults.length === 1 ? "fault" : "faults"}
          </span>
        )}
      </p>
      {faults.length > 0 && (
        <ul>
          {faults.map(({ path, message, line }) => (
            <li key={path + message}>
              <button type="button" class="link-button" onClick={() => goTo(line)}>
                Line {line}
              </button>{" "}
              {path !== "" && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {warnings.length > 0 && (
        <details>
          <summary>
            {warnings.length} {warnings.length === 1 ? "warning" : "warnings"} that publishing would give
          </summary>
          <Warnings warnings={warnings} />
        </details>
      )}
    </div>
  );
}

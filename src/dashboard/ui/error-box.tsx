import { duration } from "./format.ts";
import { faultsElsewhere, faultSummary } from "./field-faults.ts";
import { ApiError, ConnectionError, PermissionError } from "../../client/errors.ts";

/**
 * A fault as the API tells it: what, which field, and the request's id for the log. In a form it
 * stands after the fields, which tell their own faults.
 */
export function ErrorBox({ error, retry }: { error: Error | null | undefined; retry?: () => void }) {
  if (!error) return null;
  const faults = error instanceof ApiError ? faultsElsewhere(error) : [];
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div class="error-box" role="alert">
      <p>{error instanceof ApiError && error.fields.length > 0 ? faultSummary(error) : sentenceOf(error)}</p>
      {faults.length > 0 && (
        <ul>
          {faults.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {requestId !== null && (
        <p class="muted">
          Request <code>{requestId}</code>
        </p>
      )}
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

function sentenceOf(error: Error): string {
  if (error instanceof ConnectionError) return "The deployment does not answer. Check the connection.";
  if (error instanceof PermissionError) return `${error.problem.detail} Sign in with a key that has it.`;
  if (!(error instanceof ApiError)) return error.message;
  const { retryAfterMs, problem } = error;
  return retryAfterMs === null
    ? problem.detail
    : `${problem.detail} The server asks to wait ${duration(retryAfterMs)}.`;
}

/** The message of whatever was thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The end of a failed child process's stderr, or of its error where stderr is empty. */
export function stderrTail(thrown: unknown, length: number): string {
  const { stderr = "" } = thrown as { stderr?: string };
  return (stderr || errorText(thrown)).trim().slice(-length);
}

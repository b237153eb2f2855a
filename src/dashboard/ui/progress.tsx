import type { ComponentChildren } from "preact";
import "../styles/measures.css";

interface ProgressProps {
  label: string;
  done: number;
  total: number;
  /** What the bar shows, in words. */
  children: ComponentChildren;
}

/** How far something is, as a bar and in words. */
export function Progress({ label, done, total, children }: ProgressProps) {
  return (
    <div class="progress">
      <progress aria-label={label} value={done} max={Math.max(1, total)} />
      <span role="status">{children}</span>
    </div>
  );
}

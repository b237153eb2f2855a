import type { ComponentChildren } from "preact";

interface StatProps {
  label: string;
  value: string;
  /** A second line: a comparison, a part of the whole. */
  note?: ComponentChildren;
  tone?: "good" | "warn" | "bad" | undefined;
}

/** One number with its name. */
export function Stat({ label, value, note, tone }: StatProps) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd class={tone ?? ""}>{value}</dd>
      <dd class="stat-note">{note ?? "\u00A0"}</dd>
    </div>
  );
}

/** A row of numbers. */
export function Stats({ children }: { children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}

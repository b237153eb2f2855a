import type { Tone } from "../../ui/small.tsx";
import type { DrawnStep } from "./definition.ts";
import { layOutGraph, STEP_HEIGHT, STEP_WIDTH } from "./graph-layout.ts";

/** How the state of a step is coloured. */
const TONES: Record<string, Tone> = {
  succeeded: "good",
  failed: "bad",
  cancelled: "warn",
  running: "accent",
};

/** The most characters of a name that a step has room for. */
const MOST_CHARACTERS = 22;
const TEXT_LEFT = 12;

/**
 * The steps of a chain, from left to right in the order in which they need each other. The table of
 * steps beside it says the same in words.
 */
export function ChainGraph({ name, steps }: { name: string; steps: readonly DrawnStep[] }) {
  const { width, height, steps: placed, lines } = layOutGraph(steps);
  return (
    <div class="graph" tabIndex={0} role="region" aria-label={`Graph of ${name}`}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={sentenceOf(steps)}>
        {lines.map(({ from, to, path }) => (
          <path key={`${from} ${to}`} class="graph-line" d={path} />
        ))}
        {placed.map(({ step, x, y }) => (
          <g key={step.id} class={`graph-step ${TONES[step.status ?? ""] ?? ""} ${step.status ?? ""}`}>
            <rect x={x} y={y - STEP_HEIGHT / 2} width={STEP_WIDTH} height={STEP_HEIGHT} rx={8} />
            <text x={x + TEXT_LEFT} y={y - 9} class="graph-id">
              {shortened(step.id)}
            </text>
            <text x={x + TEXT_LEFT} y={y + 6} class="graph-prompt">
              {shortened(step.prompt)}
            </text>
            <text x={x + TEXT_LEFT} y={y + 21} class="graph-note">
              {shortened([step.status, step.note].filter(Boolean).join(" · "))}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}

function sentenceOf(steps: readonly DrawnStep[]): string {
  return steps
    .map(({ id, needs, status }) => {
      const after = needs.length === 0 ? "first" : `after ${needs.join(" and ")}`;
      return `${id} ${after}${status === undefined ? "" : `, ${status}`}`;
    })
    .join("; ");
}

import type { ChainItem } from "../../domain/chains/chain-run.ts";
import type { StepState } from "../../domain/chains/plan-run.ts";

/** That a step has begun, or ended. */
export interface StepEvent {
  type: "step";
  state: StepState;
  items: ChainItem[];
}

/** Finds which steps are to be told of: each when it has begun, and when it has ended. */
export class StepNews {
  readonly #told = new Map<string, "begun" | "ended">();

  /** What was not told of before. `items` are by their names. */
  of(states: readonly StepState[], items: ReadonlyMap<string, ChainItem>): StepEvent[] {
    return states.flatMap((state) => {
      const { id } = state.step;
      const stage = state.end ? "ended" : state.calls.length > 0 ? "begun" : undefined;
      if (stage === undefined || this.#told.get(id) === stage) return [];
      this.#told.set(id, stage);
      return [{ type: "step", state, items: [...items.values()].filter(({ step }) => step === id) }];
    });
  }
}

/** The name of an item among those of its run. */
export function nameOf({ step, item }: Pick<ChainItem, "step" | "item">): string {
  return `${step}/${item}`;
}

import type { Lane } from "../../lane.ts";

/**
 * The right to make one call: with which key, and out of which lease. `id` is unlike that of the
 * lease's other permits.
 */
export interface Permit {
  id: number;
  key: string;
  model: string;
  lane: Lane;
  hold_ms: number;
  lease: string;
  tokens: number;
  probe: boolean;
}

/**
 * What a call needs of a permit. `avoid` names keys that it must not get. `hold_ms` is the longest
 * that the call may last; its lane's longest when absent.
 */
export interface PermitNeed {
  model: string;
  lane: Lane;
  tokens: number;
  hold_ms?: number;
  /** How long its lease must last at least, in ms; any time when absent. */
  lasts_ms?: number;
  avoid: readonly string[];
}

/**
 * Bets against a canary. They start anew for every split, and are JSON. `wealth` has the logarithm
 * of what each of {@link LIFTS} won so far, and `stakes` counts the shares of the stake that were
 * laid.
 */
export interface Stakes {
  wealth: number[];
  stakes: number;
}

/** How many times the odds may have risen that are bet on. One bet is laid on each. */
export const LIFTS = [1.5, 2, 3, 5, 10, 30];
/** The share of the stake that is laid at once; the rest is laid as time goes by. */
const FIRST_STAKE = 0.5;

/** Nothing won, with the first share of the stake laid. */
export function firstStake(): Stakes {
  return { wealth: LIFTS.map(() => Math.log(FIRST_STAKE / LIFTS.length)), stakes: 1 };
}

/**
 * Lays another share of the stake, so that a canary that gets worse late is found, too. The shares
 * are 1/2, 1/4, 1/12, 1/24, … and add up to 1; what is not laid yet counts nothing.
 */
export function layStake<Of extends Stakes>(before: Of): Of {
  const { stakes, wealth } = before;
  const each = Math.log((1 - FIRST_STAKE) / (stakes * (stakes + 1)) / LIFTS.length);
  return { ...before, stakes: stakes + 1, wealth: wealth.map((old) => addLogs(old, each)) };
}

/**
 * How many times its stake the evidence is worth. Where no bet wins anything on average, it ever
 * reaches 1 / α with a chance of at most α (Ville's inequality), however often it is looked at.
 */
export function worthOf({ wealth }: Stakes): number {
  return wealth.reduce((sum, each) => sum + Math.exp(each), 0);
}

function addLogs(one: number, other: number): number {
  const most = Math.max(one, other);
  return most + Math.log(Math.exp(one - most) + Math.exp(other - most));
}

import type { Warmth } from "./floors.ts";

/** The source's load. */
export const EXECUTIONS_A_DAY = 10_000_000;
/** Executions of a month of 30 days. */
export const EXECUTIONS_A_MONTH = 30 * EXECUTIONS_A_DAY;
/** Where the load comes from. */
export const PLACES = 50;
export const ISOLATES = 8;

const A_DAY_MS = 86_400_000;
/** The bills that plain executions should not exceed, US dollars a thousand. */
export const GOALS: Record<Warmth, number> = { hot: 0.0013, cold: 0.003 };

/** A part of a load that is simulated by itself: the users of some places. */
export interface Slice {
  /** How many such slices the load has. */
  weight: number;
  /** The users' rates by place, in executions a ms. */
  places: number[][];
  isolates: number;
}

/** A load: what it is, and the slices that stand for it. */
export interface Load {
  summary: string;
  /**
   * How long it runs before it is counted, and how long it is counted, in simulated seconds. The
   * alarms of intents ring 630 s after their executions, and a copy of a record is too old after
   * 30 s.
   */
  warmS: number;
  seconds: number;
  warmth: Warmth;
  slices: Slice[];
}

/** The loads by name. `users` share the source's day. */
export const LOADS = { hot, zipf, alike } satisfies Record<string, (users: number) => Load>;

/** A name of {@link LOADS}. */
export type LoadName = keyof typeof LOADS;

/** Whole places of a load of users that are all alike. */
const ALIKE_PLACES = 2;

/**
 * Places of a load by Zipf, by the rank of their busiest user: the first rank and the last that it
 * stands for. Its rate is about the mean of theirs.
 */
const ZIPF_PLACES = [
  { rank: 1, from: 1, to: 1 },
  { rank: 2, from: 2, to: 2 },
  { rank: 4, from: 3, to: 5 },
  { rank: 10, from: 6, to: 15 },
  { rank: 30, from: 16, to: PLACES },
];

function hot(): Load {
  const [users, pairs] = [20, 2];
  const rates = Array.from({ length: users / pairs }, () => EXECUTIONS_A_DAY / A_DAY_MS / users);
  return {
    warmS: 660,
    seconds: 60,
    warmth: "hot",
    summary: `all warm: ${users} users, ten on each pair of isolates; one pair stands for ${pairs}`,
    slices: [{ weight: pairs, places: [rates], isolates: 2 }],
  };
}

function alike(users: number): Load {
  const rate = EXECUTIONS_A_DAY / A_DAY_MS / users;
  const place = Array.from({ length: Math.round(users / PLACES) }, () => rate);
  return {
    warmS: 660,
    seconds: 300,
    warmth: "cold",
    summary: `${users} users alike, ${PLACES} places x ${ISOLATES} isolates; ${ALIKE_PLACES} whole places stand for all`,
    slices: [
      {
        weight: PLACES / ALIKE_PLACES,
        places: Array.from({ length: ALIKE_PLACES }, () => place),
        isolates: ISOLATES,
      },
    ],
  };
}

/** The user of rank r is at home in place r modulo the places. */
function zipf(users: number): Load {
  const ranks = Array.from({ length: users }, (_, index) => index + 1);
  const sum = ranks.reduce((total, rank) => total + 1 / rank, 0);
  const rateOf = (rank: number) => EXECUTIONS_A_DAY / A_DAY_MS / rank / sum;
  const slices = ZIPF_PLACES.map(({ rank: first, from, to }) => ({
    weight: to - from + 1,
    places: [ranks.filter((rank) => (rank - first) % PLACES === 0).map(rateOf)],
    isolates: ISOLATES,
  }));
  const names = ZIPF_PLACES.map(({ rank }) => rank).join(", ");
  return {
    warmS: 660,
    seconds: 630,
    warmth: "cold",
    summary: `${users} users by Zipf 1.0, ${PLACES} places x ${ISOLATES} isolates; the places of ranks ${names} stand for all`,
    slices,
  };
}

import { type Lane, LANES } from "../lane.ts";

/** What a caller tells the object of a flight when it boards. */
export interface Boarding {
  key: string;
  /** How old a finished answer may be, in ms. */
  max_age_ms: number;
  lane: Lane;
}

/** The message of a leader on its socket when its answer begins. */
export const BEGUN = "begun";
/** The code with which a leader closes its socket at its end. */
export const ENDED = 4000;

/**
 * The URL to board with, as the upgrade to a WebSocket. A leader gets the socket, a follower the
 * frames as the body of a 200, and a caller that makes its own call a 204. On the socket the leader
 * may send {@link BEGUN}; the object sends the leader's token when somebody follows. That message
 * may cross with the leader's {@link ENDED}, so a leader listens until the object has closed as
 * well.
 */
export function boardingUrl({ key, max_age_ms, lane }: Boarding): string {
  return `https://flight/?${new URLSearchParams({ key, max_age_ms: String(max_age_ms), lane }).toString()}`;
}

/** Reads a {@link boardingUrl}. A lane that is not known counts as `standard`. */
export function readBoarding(url: string): Boarding {
  const { searchParams } = new URL(url);
  const lane = LANES.find((each) => each === searchParams.get("lane")) ?? "standard";
  return { key: searchParams.get("key") ?? "", max_age_ms: Number(searchParams.get("max_age_ms")), lane };
}

/** The time, as an argument of the services, so that tests control it. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
}

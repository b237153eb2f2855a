/** What services take from the outside world as arguments, so that tests decide it. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
}

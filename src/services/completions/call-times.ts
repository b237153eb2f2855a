/**
 * How long a provider may be silent, in ms. A call is paid once it is sent, and late headers are
 * no sign of a fault: the model may be thinking.
 */
export interface CallTimes {
  /** Until the first sign of life, from the provider and not from the model. */
  connectMs: number;
  /**
   * Until the response begins. A caller's stream that has not begun by then is given up for another
   * key or model. Whole answers, however they are read, and streams where all have been tried, have
   * `readMs` where that is longer. A response that begins too late is no failure of the key.
   */
  firstByteMs: number;
  /** After that until the next piece of the response, be it text, thinking or a ping. */
  readMs: number;
}

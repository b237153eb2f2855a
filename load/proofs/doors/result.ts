/** How a case went. Times in Unix ms. */
export interface Result {
  client: string;
  name: string;
  /** Why it is broken; undefined where it holds. */
  reason?: string;
  from: number;
  to: number;
}

/** How a case went. Times in Unix ms. */
export interface Result {
  client: string;
  name: string;
  /** Why it is broken; undefined where it holds. */
  reason?: string;
  /** The key of its tenant, and those that the provider was called with. */
  key: string;
  providerKeys: string[];
  from: number;
  to: number;
}

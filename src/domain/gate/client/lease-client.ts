/**
 * An isolate's side of an authority that leases something: permits of a provider's limits, requests
 * of a tenant's rate. It spends what it holds without asking, reports what it spent, and asks ahead
 * of demand. It is pure: its owner sends each question and brings back the answer or its loss.
 *
 * Clients are built of the same parts: an `OpenQuestion` (one question at a time, which can be
 * lost), a `DemandEstimator` (when to ask ahead, and for how much), and what they hold until it
 * expires, as `LeasedAmounts` or as leases with slots. `Result` is what an answer means for waiting
 * callers.
 */
export interface LeaseClient<Question, Answer, Result> {
  /** Takes an answer, in time or late. */
  receive(question: Question, answer: Answer, now: number): Result;
  /** Takes note that the authority did not answer. */
  lose(question: Question, now: number): void;
}

import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completions/completion.ts";
import type { DoorName } from "../domain/completions/relay.ts";
import type { UnusableAnswer } from "../domain/completions/unusable-answer.ts";
import type { WireRequest } from "./wire-request.ts";

/** Converts the events of one stream, in their order. */
export interface StreamReader {
  /** True once the answer is whole, though the connection may stay open. */
  readonly isOver: boolean;
  /** True once it is known why the answer ended. Counts may follow, but no more of the answer. */
  readonly isWhole: boolean;
  /** True once there was more than the beginning that every stream has. */
  readonly hasBegun: boolean;
  /** What an event says. Throws for one that is an error, or no event of this format. */
  read(event: unknown): Iterable<StreamPart>;
  /** What is left at the end. Throws AppError `provider_error` for a stream that broke off. */
  end(): Iterable<StreamPart>;
}

/** What differs between the providers' APIs. */
export interface WireFormat {
  provider: ProviderName;
  /** The door whose clients speak this format, too. */
  door: DoorName;
  /** Throws AppError `validation_error` for what this API does not take. */
  toRequest(request: CompletionRequest): WireRequest;
  /** The fields of a body that ask for a stream. */
  streaming: object;
  /** The headers with the key, which may be empty. */
  credentials(apiKey: string): Record<string, string>;
  /** The JSON of a whole answer. Throws SyntaxError for what is none. */
  parse(text: string): unknown;
  /** The error of a response with this status; `body` is its JSON, undefined where it is none. */
  errorOf(status: number, body: object | undefined, text: string, headers: Headers): Error;
  /** What a failed answer counts all the same; undefined where it counts nothing. */
  statedIn(body: unknown, model: string): UnusableAnswer["stated"] | undefined;
  toCompletion(body: unknown, model: string, provider: ProviderName): Completion;
  /** `choices` is how many answers one stream has, where that is not one. */
  reader(model: string, provider: ProviderName, choices?: number): StreamReader;
}

import type { CompletionInput, CompletionParameters, FinishReason, Said, Usage } from "../completions/completion.ts";
import type { Message, ReasoningBlock } from "../completions/message.ts";
import type { ToolCall, Toolbox } from "../completions/tools.ts";
import type { AppError, FieldError } from "../errors.ts";

/** A body in the wire format of a door, as it was sent. */
export type WireBody = Readonly<Record<string, unknown>>;

/**
 * What the body of a door asks for, in our own terms: what any candidate can be asked, whatever
 * wire format it speaks. What has no counterpart there is named, so that nothing is dropped in
 * silence.
 */
export interface DoorRequest
  extends Toolbox, Pick<CompletionInput, "output_schema" | "output_format" | "reasoning" | "user"> {
  /** The model as the body names it, which may be a stored prompt's or an upstream's. */
  model: string;
  stream: boolean;
  messages: Message[];
  parameters: CompletionParameters;
  /**
   * Fields of the body, by their names, that only this wire format has. They are sent as they are
   * to a provider that speaks it; for any other one each of them is an error.
   */
  own: Record<string, unknown>;
  /**
   * What inside a message, a tool or another field has no counterpart: an error for any other wire.
   */
  untranslated: FieldError[];
}

/**
 * A whole answer in our own terms, for a client of a wire format that its provider does not speak.
 */
export interface DoorAnswer {
  /** The execution's id. */
  id: string;
  /** Unix ms. */
  created_at: number;
  /** The model that answered. */
  model: string;
  text: string;
  reasoning?: string;
  /** The reasoning as a provider takes it back, where it signs or encrypts it. */
  reasoning_blocks?: ReasoningBlock[];
  tool_calls?: ToolCall[];
  finish_reason: FinishReason | null;
  /** Null where the provider counted nothing. */
  usage: Usage | null;
}

/**
 * Writes an answer as the events of one wire format: the text of server-sent events, whole events
 * at a time.
 */
export interface DoorStream {
  /** The events before the first word. */
  begin(): string;
  /** Nothing for what is relayed, which is said in our terms, too. */
  said(part: Said): string;
  /** The events that end an answer; what `said` has passed on is not said again. */
  end(answer: DoorAnswer): string;
  /** The event for a failure in the middle of an answer, after which nothing follows. */
  fail(error: AppError, requestId: string): string;
}

/** What is known of a streamed answer when it begins. */
export interface DoorStreamHead extends Pick<DoorAnswer, "id" | "created_at" | "model"> {
  /** The estimated tokens of the prompt, for formats that state them first. */
  prompt_tokens: number;
}

/** An error as a wire format says it. */
export interface DoorError {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/**
 * One wire format that clients speak to us. `read` throws AppError `bad_request` or
 * `validation_error` for a body that the format does not allow, with the faulty fields.
 */
export interface Door {
  read(body: WireBody): DoorRequest;
  /**
   * The body of a whole answer. `asked` is the request's body, of which some formats repeat parts.
   */
  write(answer: DoorAnswer, asked: WireBody): object;
  stream(head: DoorStreamHead, asked: WireBody): DoorStream;
  error(error: AppError, requestId: string): DoorError;
}

import { List, type ListPage } from "./list.ts";
import type {
  AnyRequest,
  CallOptions,
  OperationArguments,
  OperationName,
  OperationQuery,
  OperationResult,
} from "./operations.ts";
import { textPieces } from "./text-pieces.ts";
import { type Transport, readBody, readText } from "./transport.ts";

/** The operations that answer a list. */
export type ListOperation = {
  [O in OperationName]: OperationResult<O> extends { data: unknown[]; next_cursor: string | null } ? O : never;
}[OperationName];

/** What stands in a list. */
export type ListItem<O extends OperationName> = OperationResult<O> extends { data: (infer T)[] } ? T : never;

/** What is asked of a list. */
export type ListRequest<O extends ListOperation> = CallOptions & {
  path?: Record<string, string>;
  query?: OperationQuery<O>;
};

/** Calls of operations by their names, typed by the API's document. */
export class Api {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Calls an operation and returns what it answers: JSON as its value, anything else as text. */
  async request<O extends OperationName>(operation: O, ...given: OperationArguments<O>): Promise<OperationResult<O>> {
    const prepared = this.transport.prepare(operation, given[0] ?? {});
    return this.transport.send(prepared, async (response) => (await readBody(response)) as OperationResult<O>);
  }

  /**
   * Calls an operation and returns the response whose body nobody has read, for streams and
   * headers.
   */
  async response<O extends OperationName>(operation: O, ...given: OperationArguments<O>): Promise<Response> {
    const prepared = this.transport.prepare(operation, given[0] ?? {});
    return this.transport.send(prepared, (response) => response);
  }

  /** Calls an operation and returns its answer as text, whatever it is. */
  async text<O extends OperationName>(operation: O, ...given: OperationArguments<O>): Promise<string> {
    const prepared = this.transport.prepare(operation, given[0] ?? {});
    return this.transport.send(prepared, readText);
  }

  /** The text of such a response as it comes. */
  pieces(response: Response, { timeoutMs, signal }: CallOptions): AsyncGenerator<string> {
    return textPieces(response, timeoutMs ?? this.transport.timeoutMs, signal);
  }

  /** The list that an operation answers, page by page. */
  list<O extends ListOperation>(operation: O, request: ListRequest<O> = {}): List<ListItem<O>> {
    return new List(async (cursor) => {
      const { query, ...rest } = request as AnyRequest;
      const page = { ...query, ...(cursor === undefined ? {} : { cursor }) };
      const prepared = this.transport.prepare(operation, { ...rest, query: page });
      return this.transport.send(prepared, async (response) => (await readBody(response)) as ListPage<ListItem<O>>);
    });
  }
}

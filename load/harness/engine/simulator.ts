import type { IncomingMessage } from "node:http";

/** Answers a request whose body has been read. */
export type Simulator = (request: IncomingMessage, body: Buffer) => SimulatedAnswer;

/** What a simulator answers. */
export interface SimulatedAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

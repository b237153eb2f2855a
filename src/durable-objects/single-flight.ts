import { DurableObject } from "cloudflare:workers";
import type { RemoteFlightRole } from "../domain/completions/flight.ts";
import { BEGUN, ENDED, readBoarding } from "../domain/completions/flight-boarding.ts";
import type { KnownLeader } from "../domain/completions/flight-registry.ts";
import { openFlightMemory, SharedFlights } from "../domain/completions/shared-flights.ts";
import type { Lane } from "../domain/lane.ts";

/** Objects in one isolate share its memory, and so the bytes of their flights. */
const MEMORY = openFlightMemory();

/**
 * One call for all callers that ask the same at once, in whatever isolate or data centre: the bytes
 * of the first go to the others as they come. The object makes no call itself and stores nothing;
 * where it is evicted, its followers are told to join again. One object has the flights of many
 * keys, because a new object costs far more than a call to one that exists.
 *
 * A leader holds a socket, over which it is told that somebody follows. The object hibernates while
 * nobody does, so that it is not billed for calls that are not shared; the sockets and what is
 * attached to them stay.
 */
export class SingleFlight extends DurableObject<Env> {
  readonly #flights = new SharedFlights({
    now: () => Date.now(),
    roll: Math.random(),
    memory: MEMORY,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    tellLeader: (token) => this.#tellLeader(token),
  });

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    for (const socket of context.getWebSockets()) this.#flights.restore(leaderOf(socket));
  }

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }

  /** Boards a caller, as `flight-boarding.ts` says. */
  override fetch(request: Request): Response {
    const { key, max_age_ms, lane } = readBoarding(request.url);
    const boarded = this.#flights.board(key, max_age_ms, lane);
    if (boarded.role === "follower") return new Response(boarded.frames);
    if (boarded.role === "alone") return new Response(null, { status: 204 });
    const { token } = boarded;
    const [theirs, ours] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(ours, [String(token)]);
    ours.serializeAttachment({ key, lane, token, begun: false } satisfies KnownLeader);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /**
   * Joins a caller of an earlier release. A leader must call {@link lead} with its token at once.
   */
  join(key: string, maxAgeMs: number, lane: Lane = "standard"): RemoteFlightRole {
    return this.#flights.join(key, maxAgeMs, lane);
  }

  /** Reads the leader's frames to their end, and passes them to the followers. */
  async lead(_key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    await this.#flights.lead(token, frames);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (message !== BEGUN) return;
    const leader = { ...leaderOf(socket), begun: true };
    socket.serializeAttachment(leader);
    this.#flights.begin(leader.token);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    const { token } = leaderOf(socket);
    if (code === ENDED) this.#flights.finish(token);
    else this.#flights.leave(token);
    // The leader listens until this reply.
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#flights.leave(leaderOf(socket).token);
  }

  #tellLeader(token: number): void {
    try {
      for (const socket of this.ctx.getWebSockets(String(token))) socket.send(String(token));
    } catch {
      // Its socket has just closed.
      this.#flights.leave(token);
    }
  }
}

function leaderOf(socket: WebSocket): KnownLeader {
  return socket.deserializeAttachment() as KnownLeader;
}

import { BEGUN, boardingUrl, ENDED } from "../domain/completions/flight-boarding.ts";
import { withTimeout } from "../lib/deadline.ts";
import type { FlightObject, LeaderSocket } from "../services/completions/flights.ts";

/** How long an object may take to board a caller, which it does at once, ms. */
const BOARD_WITHIN_MS = 2_000;

/** A single-flight object behind its stub. */
export function flightObject(stub: ReturnType<Env["SINGLE_FLIGHT"]["getByName"]>): FlightObject {
  return {
    async board(boarding) {
      const boarded = stub.fetch(boardingUrl(boarding), { headers: { upgrade: "websocket" } });
      const late = () => new Error(`The flight's object did not answer within ${BOARD_WITHIN_MS} ms.`);
      const response = await withTimeout(boarded, BOARD_WITHIN_MS, late).catch((error: unknown) => {
        void boarded.then(leave).catch(() => undefined);
        throw error;
      });
      const { status, webSocket, body } = response;
      if (webSocket) return { role: "leader", socket: leaderSocket(webSocket) };
      if (status === 200 && body) return { role: "follower", frames: body };
      if (status === 204) return { role: "alone" };
      throw new Error(`The flight's object answered with status ${status}.`);
    },
    lead: async (key, token, frames) => stub.lead(key, token, frames),
  };
}

/** Leaves a flight that the caller did not wait for, so that another one leads. */
async function leave({ webSocket, body }: Response): Promise<void> {
  webSocket?.accept();
  webSocket?.close();
  await body?.cancel();
}

function leaderSocket(socket: WebSocket): LeaderSocket {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.addEventListener("close", () => resolve());
  socket.addEventListener("error", () => resolve());
  socket.accept();
  /** A reset object breaks the socket at any time. Its leader then goes on without followers. */
  const ifOpen = (use: () => void) => {
    try {
      use();
    } catch {
      resolve();
    }
  };
  return {
    onFollowed: (run) => socket.addEventListener("message", ({ data }) => run(Number(data))),
    begin: () => ifOpen(() => socket.send(BEGUN)),
    async close() {
      ifOpen(() => socket.close(ENDED));
      await closed;
    },
  };
}

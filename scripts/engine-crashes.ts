import { Log, LogLevel, MiniflareCoreError } from "miniflare";

/** This many crashes within the time end the local server; it would only crash again. */
const MOST = 5;
const WITHIN_MS = 60_000;

/** Counts crashes of the engine, and gives up after too many in quick succession. */
export class EngineCrashes {
  readonly #now: () => number;
  readonly #end = Promise.withResolvers<string>();
  #recent: number[] = [];

  /** `now` is in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves with the reason once the engine is given up. */
  get gaveUp(): Promise<string> {
    return this.#end.promise;
  }

  /** Counts a crash and returns whether the engine may go on. */
  mayGoOn(): boolean {
    const now = this.#now();
    this.#recent = [...this.#recent.filter((at) => now - at < WITHIN_MS), now];
    if (this.#recent.length < MOST) return true;
    this.giveUp(`The engine crashed ${MOST} times within ${WITHIN_MS / 1000} s, so the server ends.`);
    return false;
  }

  giveUp(reason: string): void {
    this.#end.resolve(reason);
  }
}

/** Prints Miniflare's warnings and errors. An engine that does not start again is given up. */
export class EngineLog extends Log {
  readonly #crashes: EngineCrashes;

  constructor(crashes: EngineCrashes) {
    super(LogLevel.WARN);
    this.#crashes = crashes;
  }

  override error(error: Error): void {
    super.error(error);
    const isDown = error instanceof MiniflareCoreError && error.code === "ERR_RUNTIME_FAILURE";
    if (isDown) this.#crashes.giveUp("The engine crashed and did not start again, so the server ends.");
  }
}

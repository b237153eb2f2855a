import type { OperationResult } from "../../client/index.ts";

/** Who is signed in. */
export type ShownSession = OperationResult<"GET /v1/session">;

/** `undefined`: not known yet. Null: nobody is signed in. */
export type SessionState = ShownSession | null | undefined;

/** The browser's other tabs, which have the same cookie. */
export interface OtherTabs {
  /** Tells them that somebody signed in or out here. */
  tell(): void;
  /** Calls `listener` where one of them told it. */
  listen(listener: () => void): void;
}

/** What a {@link SessionFlow} needs. */
export interface SessionFlowDeps {
  read(): Promise<ShownSession | null>;
  signIn(key: string): Promise<ShownSession>;
  signOut(): Promise<unknown>;
  /** Forgets what pages have read. */
  forget(): void;
  show(state: SessionState): void;
  showFault(fault: Error | null): void;
  tabs: OtherTabs;
}

/**
 * Who is signed in, as it changes: here, in another tab, or because the session has ended. What was
 * read with one key is never shown with another, which may be another tenant's.
 */
export class SessionFlow {
  readonly #deps: SessionFlowDeps;
  #state: SessionState;

  constructor(deps: SessionFlowDeps) {
    this.#deps = deps;
    deps.tabs.listen(() => void this.read());
  }

  async read(): Promise<void> {
    this.#deps.showFault(null);
    try {
      this.#become(await this.#deps.read());
    } catch (error) {
      this.#deps.showFault(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async signIn(key: string): Promise<void> {
    this.#become(await this.#deps.signIn(key));
    this.#deps.tabs.tell();
  }

  async signOut(): Promise<void> {
    await this.#deps.signOut();
    this.#become(null);
    this.#deps.tabs.tell();
  }

  /** The session has ended without this page. */
  ended(): void {
    this.#become(null);
  }

  #become(next: ShownSession | null): void {
    if (this.#state !== undefined && this.#state?.key.id !== next?.key.id) this.#deps.forget();
    this.#state = next;
    this.#deps.show(next);
  }
}

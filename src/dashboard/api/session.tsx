import { type ComponentChildren, createContext } from "preact";
import { useContext, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Boot } from "../ui/boot.tsx";
import { ErrorBox } from "../ui/error-box.tsx";
import { SignIn } from "../ui/sign-in.tsx";
import { api, whenSignedOut } from "./client.ts";
import { queryClient } from "./query-client.ts";
import { SessionFlow, type SessionState, type ShownSession } from "./session-flow.ts";
import { AuthenticationError } from "../../client/index.ts";

type KeyScopeName = ShownSession["key"]["scopes"][number];

/** When somebody last signed in or out in this browser. */
const CHANGED_AT = "pbt-session-changed-at";

interface SessionContext {
  session: ShownSession;
  signOut: () => Promise<void>;
}

const Context = createContext<SessionContext | null>(null);

/** Who is signed in; only within a {@link SessionProvider}. */
export function useSession(): SessionContext {
  const context = useContext(Context);
  if (!context) throw new Error("useSession is called outside of SessionProvider");
  return context;
}

/** Whether the signed-in key has a scope. `admin` has every one. */
export function useScope(scope: KeyScopeName): boolean {
  const { scopes } = useSession().session.key;
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Shows its children to who is signed in, and the form for signing in to others. */
export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [session, setSession] = useState<SessionState>();
  const [fault, setFault] = useState<Error | null>(null);
  const flow = useMemo(() => sessionFlow(setSession, setFault), []);
  // Before the first paint: everything else waits for it.
  useLayoutEffect(() => {
    whenSignedOut(() => flow.ended());
    void flow.read();
  }, []);
  const signOut = async () => flow.signOut();
  if (fault) return <ErrorBox error={fault} retry={() => void flow.read()} />;
  if (session === undefined) return <Boot />;
  if (session === null) return <SignIn signIn={async (key) => flow.signIn(key)} />;
  // Another key's pages begin anew: nothing that they hold is that key's.
  return (
    <Context.Provider key={session.key.id} value={{ session, signOut }}>
      {children}
    </Context.Provider>
  );
}

function sessionFlow(show: (state: SessionState) => void, showFault: (fault: Error | null) => void): SessionFlow {
  return new SessionFlow({
    read: readSession,
    signIn: async (key) => api.request("POST /v1/session", { body: { key } }),
    signOut: async () => api.request("DELETE /v1/session"),
    forget: () => queryClient.clear(),
    show,
    showFault,
    tabs: {
      tell: () => localStorage.setItem(CHANGED_AT, String(Date.now())),
      // Browsers send the event to the other tabs only.
      listen: (listener) => addEventListener("storage", ({ key }) => key === CHANGED_AT && listener()),
    },
  });
}

async function readSession(): Promise<ShownSession | null> {
  try {
    return await api.request("GET /v1/session");
  } catch (error) {
    if (error instanceof AuthenticationError) return null;
    throw error;
  }
}

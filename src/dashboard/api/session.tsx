import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { ErrorBox } from "../ui/error-box.tsx";
import { SignIn } from "../ui/sign-in.tsx";
import { api, whenSignedOut } from "./client.ts";
import { queryClient } from "./query-client.ts";
import { AuthenticationError, type OperationResult } from "../../client/index.ts";

/** Who is signed in. */
export type SessionView = OperationResult<"GET /v1/session">;

type KeyScopeName = SessionView["key"]["scopes"][number];

interface SessionContext {
  session: SessionView;
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

/** `undefined`: not known yet. Null: nobody is signed in. */
type SessionState = SessionView | null | undefined;

/** Shows its children to who is signed in, and the form for signing in to others. */
export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [session, setSession] = useState<SessionState>();
  const [fault, setFault] = useState<Error | null>(null);
  const read = async () => {
    setFault(null);
    await readSession().then(setSession, setFault);
  };
  useEffect(() => {
    whenSignedOut(() => setSession(null));
    void read();
  }, []);
  const signOut = async () => {
    await api.request("DELETE /v1/session");
    queryClient.clear();
    setSession(null);
  };
  if (fault) return <ErrorBox error={fault} retry={() => void read()} />;
  if (session === undefined) return <div class="boot" aria-busy="true" />;
  if (session === null)
    return <SignIn signIn={async (key) => setSession(await api.request("POST /v1/session", { body: { key } }))} />;
  return <Context.Provider value={{ session, signOut }}>{children}</Context.Provider>;
}

async function readSession(): Promise<SessionView | null> {
  try {
    return await api.request("GET /v1/session");
  } catch (error) {
    if (error instanceof AuthenticationError) return null;
    throw error;
  }
}

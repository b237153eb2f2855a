import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { ErrorBox } from "../ui/error-box.tsx";
import { SignIn } from "../ui/sign-in.tsx";
import { fetchInSession, whenSignedOut } from "./client.ts";
import { queryClient } from "./query-client.ts";
import { errorOfResponse } from "../../client/errors.ts";

/** Who is signed in. */
export interface Session {
  tenant: { id: string; name: string };
  key: { id: string; name: string; scopes: string[] };
  /** Null where a key itself was sent. */
  expires_at: string | null;
}

interface SessionContext {
  session: Session;
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
export function useScope(scope: string): boolean {
  const { scopes } = useSession().session.key;
  return scopes.includes(scope) || scopes.includes("admin");
}

/** `undefined`: not known yet. Null: nobody is signed in. */
type SessionState = Session | null | undefined;

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
    await fetchInSession("/v1/session", { method: "DELETE" });
    queryClient.clear();
    setSession(null);
  };
  if (fault) return <ErrorBox error={fault} retry={() => void read()} />;
  if (session === undefined) return <div class="boot" aria-busy="true" />;
  if (session === null) return <SignIn signIn={async (key) => setSession(await startSession(key))} />;
  return <Context.Provider value={{ session, signOut }}>{children}</Context.Provider>;
}

async function readSession(): Promise<Session | null> {
  const response = await fetchInSession("/v1/session");
  if (response.status === 401) return null;
  return sessionOf(response);
}

async function startSession(key: string): Promise<Session> {
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  return sessionOf(response);
}

async function sessionOf(response: Response): Promise<Session> {
  if (!response.ok) throw await errorOfResponse(response, Date.now());
  return (await response.json()) as Session;
}

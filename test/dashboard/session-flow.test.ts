import { describe, expect, it } from "vitest";
import {
  type OtherTabs,
  SessionFlow,
  type SessionState,
  type ShownSession,
} from "../../src/dashboard/api/session-flow.ts";

function signedIn(id: string): ShownSession {
  return { tenant: { id: `ten_${id}`, name: id }, key: { id, name: id, scopes: ["admin"] }, expires_at: null };
}

/** Tabs of one browser, whose cookie is one for all. */
function browser(first: ShownSession | null) {
  let cookie = first;
  const listeners = new Map<OtherTabs, () => void>();
  const open = () => {
    const told: (SessionState | "forgotten")[] = [];
    const tab: OtherTabs = {
      listen: (listener) => void listeners.set(tab, listener),
      tell: () => {
        for (const [other, listener] of listeners) if (other !== tab) listener();
      },
    };
    const flow = new SessionFlow({
      read: async () => cookie,
      signIn: async (key) => (cookie = signedIn(key)),
      signOut: async () => (cookie = null),
      forget: () => void told.push("forgotten"),
      show: (state) => void told.push(state),
      showFault: () => undefined,
      tabs: tab,
    });
    return { flow, told };
  };
  return { open };
}

describe("who is signed in to the dashboard", () => {
  it("forgets what was read where the session ends by itself, before another key signs in", async () => {
    const { flow, told } = browser(signedIn("a")).open();
    await flow.read();
    flow.ended();
    await flow.signIn("b");
    expect(told).toEqual([signedIn("a"), "forgotten", null, "forgotten", signedIn("b")]);
  });

  it("is the same in all tabs, which have one cookie: none acts for a tenant that it does not show", async () => {
    const { open } = browser(signedIn("a"));
    const [one, other] = [open(), open()];
    await one.flow.read();
    await other.flow.read();
    await other.flow.signOut();
    await other.flow.signIn("b");
    await Promise.resolve();
    expect(one.told.at(-1)).toEqual(signedIn("b"));
    expect(one.told.indexOf("forgotten")).toBe(1);
  });

  it("keeps what was read where the same key signs in in another tab", async () => {
    const { open } = browser(signedIn("a"));
    const [one, other] = [open(), open()];
    await one.flow.read();
    await other.flow.signIn("a");
    await Promise.resolve();
    expect(one.told).toEqual([signedIn("a"), signedIn("a")]);
  });
});

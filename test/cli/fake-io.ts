import type { CliIo } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/run.ts";

/** An answer of the fake server. */
export type FakeAnswer = (request: { method: string; path: string; key: string | null; body: string }) => Response;

/** Runs the command line before a server that answers so. Nothing of this process is read. */
export async function callCli(args: readonly string[], given: Partial<CliIo> & { answer?: FakeAnswer } = {}) {
  const { answer = () => Response.json({ data: [], next_cursor: null }), ...io } = given;
  let [out, err] = ["", ""];
  const requests: string[] = [];
  const code = await runCli(args, {
    env: { PBT_EDGE_URL: "http://127.0.0.1:1", PBT_EDGE_KEY: "key-of-env" },
    cwd: "/nowhere",
    isTerminal: false,
    canAsk: false,
    columns: 100,
    write: (text) => (out += text),
    writeError: (text) => (err += text),
    readInput: async () => "",
    ask: async () => "",
    fetch: async (url, { method = "GET", headers, body }) => {
      const { pathname, search } = new URL(url);
      const key = new Headers(headers).get("authorization");
      requests.push(`${method} ${pathname}${search}`);
      return answer({ method, path: pathname, key, body: typeof body === "string" ? body : "" });
    },
    now: () => Date.UTC(2026, 10, 26, 12),
    wait: async () => {},
    changes: async function* () {},
    openUrl: () => {},
    signal: new AbortController().signal,
    ...io,
  });
  return { out, err, code, requests };
}

/** A refusal as the API tells it. */
export function refusal(status: number, code: string): Response {
  return Response.json({ type: "about:blank", title: code, status, detail: `It is ${code}.`, code }, { status });
}

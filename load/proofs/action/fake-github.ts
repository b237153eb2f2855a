import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** A comment as GitHub tells it. */
export interface GithubComment {
  id: number;
  body: string;
  html_url: string;
}

/** The part of GitHub's API that the action calls: comments of one pull request, in memory. */
export interface FakeGithub {
  url: string;
  comments: GithubComment[];
  /** Every request, such as `POST /repos/acme/shop/issues/12/comments`. */
  requests: string[];
  /** Answer every request with this status from now on; 0 for none. */
  refuseWith(status: number): void;
  stop(): Promise<void>;
}

const COMMENTS = /^\/repos\/acme\/shop\/issues\/12\/comments$/;
const COMMENT = /^\/repos\/acme\/shop\/issues\/comments\/(\d+)$/;

/** Starts a fake of GitHub's API that takes the token `gh-token` for `acme/shop`. */
export async function startFakeGithub(): Promise<FakeGithub> {
  const comments: GithubComment[] = [];
  const requests: string[] = [];
  let refusal = 0;
  const exchange = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    requests.push(`${request.method} ${pathname}`);
    let sent = "";
    for await (const piece of request.setEncoding("utf8")) sent += String(piece);
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (refusal > 0) return answer(refusal, { message: "Resource not accessible by integration" });
    if (request.headers.authorization !== "Bearer gh-token") return answer(401, { message: "Bad credentials" });
    const bodyOf = () => (JSON.parse(sent) as { body: string }).body;
    if (COMMENTS.test(pathname) && request.method === "GET") {
      const [size, page] = [Number(searchParams.get("per_page")), Number(searchParams.get("page"))];
      return answer(200, comments.slice((page - 1) * size, page * size));
    }
    if (COMMENTS.test(pathname) && request.method === "POST") {
      const id = comments.length + 1;
      const comment = { id, body: bodyOf(), html_url: `https://github.example/acme/shop/pull/12#issuecomment-${id}` };
      comments.push(comment);
      return answer(201, comment);
    }
    const comment = comments.find(({ id }) => id === Number(COMMENT.exec(pathname)?.[1]));
    if (!comment || request.method !== "PATCH") return answer(404, { message: "Not Found" });
    comment.body = bodyOf();
    return answer(200, comment);
  };
  const server = createServer((request, response) => void exchange(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    comments,
    requests,
    refuseWith: (status) => void (refusal = status),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

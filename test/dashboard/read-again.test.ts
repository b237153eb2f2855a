import { QueryClient, QueryObserver } from "@tanstack/query-core";
import { expect, it } from "vitest";
import { readAgain } from "../../src/dashboard/api/read-again.ts";

/** Answers in the order in which they are let through: the number of the question. */
function openQuery(key: string, client: QueryClient) {
  const waiting: Array<() => void> = [];
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const answer = asked;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return answer;
  };
  const observer = new QueryObserver(client, { queryKey: [key], queryFn: ask, retry: false });
  const end = observer.subscribe(() => undefined);
  return { answerAll: () => waiting.splice(0).forEach((answer) => answer()), end };
}

const settle = async () => new Promise(setImmediate);

it("a page that was asked for before a change is asked for again after it", async () => {
  const client = new QueryClient();
  const [early, known] = [openQuery("early", client), openQuery("known", client)];
  await settle();
  known.answerAll();
  await settle();
  const read = readAgain(client);
  await settle();
  early.answerAll();
  known.answerAll();
  await read;
  expect([client.getQueryData(["early"]), client.getQueryData(["known"])]).toEqual([2, 2]);
  early.end();
  known.end();
});

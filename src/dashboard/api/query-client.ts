import { QueryClient } from "@tanstack/preact-query";

/** How old an answer is shown without asking again, ms. */
const FRESH_MS = 5_000;

/** Keeps the API's answers while pages come and go. The API's client repeats calls, not this. */
export const queryClient = new QueryClient({
  defaultOptions: {
    // By default a call that is made offline waits, and is made when nobody wants it any more.
    queries: { staleTime: FRESH_MS, retry: false, networkMode: "always", refetchOnReconnect: true },
    // What an action was given and answered may be a secret or a large file.
    mutations: { retry: false, networkMode: "always", gcTime: 0 },
  },
});

import { QueryClient } from "@tanstack/preact-query";

/** How old an answer is shown without asking again, ms. */
const FRESH_MS = 5_000;

/** Keeps the API's answers while pages come and go. The API's client repeats calls, not this. */
export const queryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: FRESH_MS, retry: false }, mutations: { retry: false } },
});

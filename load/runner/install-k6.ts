/** `npm run load:install`: finds or builds k6 and prints its path. */
import { findK6, K6_MISSING } from "./find-k6.ts";

const k6 = await findK6();
console.log(`${k6.path}${k6.streams ? " (reads streams)" : ", without k6/x/sse: the stream scenario is left out"}`);
if (!k6.streams) console.log(K6_MISSING);

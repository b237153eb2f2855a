/** `npm run reset`: deletes the data of `npm start` (STATE_DIR, by default `.wrangler/state`). */
import { rmSync } from "node:fs";

rmSync(process.env["STATE_DIR"] ?? ".wrangler/state", { recursive: true, force: true });

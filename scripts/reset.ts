/** `npm run reset`: forgets everything that `npm start` keeps (STATE_DIR, `.wrangler/state` by default). */
import { rmSync } from "node:fs";

rmSync(process.env["STATE_DIR"] ?? ".wrangler/state", { recursive: true, force: true });

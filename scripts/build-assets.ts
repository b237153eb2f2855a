/** Copies the API page's script from its package, so that `/docs` needs no third party. */
import { copyFileSync, mkdirSync, renameSync } from "node:fs";

mkdirSync("dist/assets/assets", { recursive: true });
// A server that runs meanwhile must never serve half of the file.
const unfinished = `dist/rapidoc-${process.pid}.js`;
copyFileSync("node_modules/rapidoc/dist/rapidoc-min.js", unfinished);
renameSync(unfinished, "dist/assets/assets/rapidoc.js");

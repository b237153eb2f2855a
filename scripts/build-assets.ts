/** Copies the API page's script from its package, so that `/docs` needs no third party. */
import { cpSync, mkdirSync } from "node:fs";

mkdirSync("dist/assets/assets", { recursive: true });
cpSync("node_modules/rapidoc/dist/rapidoc-min.js", "dist/assets/assets/rapidoc.js");

/** `npm run client:generate`: writes what of the clients follows from something else. */
import { readFileSync, writeFileSync } from "node:fs";
import type { DocumentedApi } from "./client-types.ts";
import { generatedFiles } from "./generated-files.ts";

const api = JSON.parse(readFileSync("dist/assets/openapi.json", "utf8")) as DocumentedApi;
for (const [path, text] of Object.entries(await generatedFiles(api))) writeFileSync(path, text);

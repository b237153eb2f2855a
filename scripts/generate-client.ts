/** `npm run client:generate`: writes the clients' types of the API's operations. */
import { readFileSync, writeFileSync } from "node:fs";
import { type DocumentedApi, clientTypes } from "./client-types.ts";

const api = JSON.parse(readFileSync("dist/assets/openapi.json", "utf8")) as DocumentedApi;
writeFileSync("src/client/api-document.d.ts", await clientTypes(api));

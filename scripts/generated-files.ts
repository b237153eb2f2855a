/** The files of the clients that nobody writes by hand. */
import { type DocumentedApi, clientTypes } from "./client-types.ts";
import { pythonTypes } from "./python-types.ts";
import { syncFiles } from "./sync-python.ts";

const PYTHON = "clients/python/src/pbt_edge";

/** Each generated file's text by its path, for the API's document. */
export async function generatedFiles(api: DocumentedApi): Promise<Record<string, string>> {
  return {
    "src/client/api-document.d.ts": await clientTypes(api),
    [`${PYTHON}/_document.py`]: pythonTypes(api),
    ...syncFiles(PYTHON),
  };
}

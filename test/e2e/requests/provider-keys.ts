import type { Room } from "./recorded-request.ts";

const OPENAI = "/v1/providers/openai/keys";

/** A tenant's keys at the providers. */
export const providerKeys: Room = {
  name: "provider keys",
  requests: [
    { name: "list no keys", path: OPENAI },
    {
      name: "store a key with its limits",
      method: "PUT",
      path: `${OPENAI}/main`,
      body: { api_key: "mock-key-of-the-recording", weight: 3, rpm: 600, tpm: 100_000, max_concurrency: 8 },
    },
    { name: "store a key without limits", method: "PUT", path: `${OPENAI}/spare`, body: { api_key: "mock-spare-key" } },
    { name: "replace a key", method: "PUT", path: `${OPENAI}/main`, body: { api_key: "mock-key-replaced", weight: 5 } },
    {
      name: "store a key of the other provider",
      method: "PUT",
      path: "/v1/providers/anthropic/keys/main",
      body: { api_key: "mock-anthropic-key" },
    },
    { name: "read a key", path: `${OPENAI}/main` },
    { name: "list keys", path: OPENAI },
    { name: "list keys of the other provider", path: "/v1/providers/anthropic/keys" },
    { name: "read an unknown key", path: `${OPENAI}/none` },
    { name: "read another tenant's key", path: `${OPENAI}/neighbours-key` },
    { name: "delete another tenant's key", method: "DELETE", path: `${OPENAI}/neighbours-key` },
    { name: "delete an unknown key", method: "DELETE", path: `${OPENAI}/none` },
    { name: "list keys of an unknown provider", path: "/v1/providers/none/keys" },
    {
      name: "store a key of an unknown provider",
      method: "PUT",
      path: "/v1/providers/none/keys/main",
      body: { api_key: "mock-key-1" },
    },
    {
      name: "store a key with a bad name",
      method: "PUT",
      path: `${OPENAI}/Bad%20Name`,
      body: { api_key: "mock-key-1" },
    },
    {
      name: "store a key with bad fields",
      method: "PUT",
      path: `${OPENAI}/bad`,
      body: { api_key: "with space", weight: 0, rpm: 0, tpm: 1.5, max_concurrency: "many" },
    },
    { name: "store a key without its secret", method: "PUT", path: `${OPENAI}/bad`, body: {} },
    { name: "store a key with broken JSON", method: "PUT", path: `${OPENAI}/bad`, body: "{" },
    { name: "store a key with too large a body", method: "PUT", path: `${OPENAI}/bad`, bodyBytes: 1_048_577 },
    { name: "delete a key", method: "DELETE", path: `${OPENAI}/spare` },
    { name: "delete a key that is gone", method: "DELETE", path: `${OPENAI}/spare` },
    { name: "list the keys that are left", path: OPENAI },
  ],
};

import { publish, type Room, TRIAGE } from "./recorded-request.ts";

const path = "/v1/aliases/pmpt_68b0";
const ODD = "/v1/aliases/50%25%20%2F%20%C3%BC%20%F0%9F%99%82";

/** Other names of prompts. */
export const aliases: Room = {
  name: "aliases",
  setup: [
    publish(TRIAGE),
    { name: "label it", method: "PUT", path: "/v1/prompts/triage/labels/production", body: { version: 1 } },
  ],
  requests: [
    { name: "no aliases", path: "/v1/aliases" },
    { name: "set an alias", method: "PUT", path, body: { prompt: "triage" } },
    { name: "set the same again", method: "PUT", path, body: { prompt: "triage" } },
    { name: "point it at a label", method: "PUT", path, body: { prompt: "triage", label: "production" } },
    { name: "point it at a version", method: "PUT", path, body: { prompt: "triage", version: 1 } },
    { name: "set an alias of any characters", method: "PUT", path: ODD, body: { prompt: "triage", label: "latest" } },
    { name: "read an alias", path },
    { name: "read an alias of any characters", path: ODD },
    { name: "list the first alias", path: "/v1/aliases?limit=1", keep: { next_aliases: "next_cursor" } },
    { name: "list the aliases after it", path: "/v1/aliases?limit=10&cursor=$next_aliases" },
    { name: "list with a bad cursor", path: "/v1/aliases?cursor=%20" },
    { name: "point it at an unknown prompt", method: "PUT", path, body: { prompt: "none" } },
    { name: "point it at another tenant's prompt", method: "PUT", path, body: { prompt: "neighbours-prompt" } },
    { name: "point it at an unknown version", method: "PUT", path, body: { prompt: "triage", version: 7 } },
    { name: "point it at an unknown label", method: "PUT", path, body: { prompt: "triage", label: "none" } },
    {
      name: "point it at a version and a label",
      method: "PUT",
      path,
      body: { prompt: "triage", version: 1, label: "production" },
    },
    { name: "point it at nothing", method: "PUT", path, body: {} },
    {
      name: "set an alias with a control character",
      method: "PUT",
      path: "/v1/aliases/a%0Ab",
      body: { prompt: "triage" },
    },
    { name: "read an unknown alias", path: "/v1/aliases/none" },
    { name: "read another tenant's alias", path: "/v1/aliases/neighbours-alias" },
    { name: "delete another tenant's alias", method: "DELETE", path: "/v1/aliases/neighbours-alias" },
    { name: "delete the prompt", method: "DELETE", path: "/v1/prompts/triage" },
    { name: "read an alias of a deleted prompt", path },
    { name: "delete the alias", method: "DELETE", path },
    { name: "delete it again", method: "DELETE", path },
  ],
};

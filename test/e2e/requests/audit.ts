import { publish, type Room, TRIAGE } from "./recorded-request.ts";

const label = "/v1/prompts/triage/labels/production";

/** Who changed what. */
export const audit: Room = {
  name: "audit",
  setup: [
    publish(TRIAGE),
    { name: "label it", method: "PUT", path: label, body: { version: 1, reason: "first" } },
    { name: "take the label away", method: "DELETE", path: label },
  ],
  requests: [
    { name: "list the newest entry", path: "/v1/audit?limit=1", keep: { next_entries: "next_cursor" } },
    { name: "list the entries after it", path: "/v1/audit?cursor=$next_entries&object=label:triage*" },
    { name: "list what the root key did", path: "/v1/audit?actor=root&action=tenant.created" },
    { name: "list all of a kind until a time", path: "/v1/audit?action=label.*&to=2026-01-01T00:00:00Z" },
    { name: "list by an unknown action", path: "/v1/audit?action=label.vanished" },
    { name: "list by an actor that is none", path: "/v1/audit?actor=somebody" },
    { name: "list from a time that is none", path: "/v1/audit?from=yesterday" },
    { name: "list with a bad cursor", path: "/v1/audit?cursor=%20" },
  ],
};

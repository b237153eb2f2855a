import { publish, type Room, TRIAGE } from "./recorded-request.ts";

const PATH = "/v1/insights";

/** Insights of a tenant that is too young for any, and what they refuse. */
export const insights: Room = {
  name: "insights",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "no anomalies yet", path: `${PATH}/anomalies` },
    { name: "none of a prompt", path: `${PATH}/anomalies?prompt=triage` },
    { name: "none of a model", path: `${PATH}/anomalies?model=gpt-4o-mini` },
    { name: "anomalies of no name", path: `${PATH}/anomalies?model=` },
    { name: "no forecast yet", path: `${PATH}/forecast` },
    { name: "a forecast of a year", path: `${PATH}/forecast?days=365` },
    { name: "no objectives yet", path: `${PATH}/sla` },
    { name: "an objective of a prompt that was never executed", path: `${PATH}/sla?prompt=triage` },
    { name: "an objective of no prompt", path: `${PATH}/sla?prompt=none` },
    { name: "objectives of no time", path: `${PATH}/sla?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z` },
    { name: "another method", method: "POST", path: `${PATH}/sla`, body: {} },
  ],
};

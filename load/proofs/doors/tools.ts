/** The parameters of every tool of the cases. */
export const PARAMETERS = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

/** The tools of the cases: the mock's model calls them all at once. */
export const TOOL_NAMES = ["get_weather", "get_time"];

/** What the mock's model calls, as a profile. */
export const CALLS = {
  tool_calls: [
    { name: "get_weather", arguments: { city: "Bern", note: 'ä "quoted" \\ text' } },
    { name: "get_time", arguments: { city: "Zürich" } },
  ],
};

/** The calls as pairs of name and arguments, as a client reads them. */
export const EXPECTED_CALLS = CALLS.tool_calls.map((call) => [call.name, call.arguments]);

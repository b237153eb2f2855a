/** What stands for the trace in the address of a collector's page. */
export const TRACE_ID = "{trace_id}";

/** Why a text is no address of traces; undefined where it is one. */
export function traceLinkFault(template: string): string | undefined {
  if (!template.includes(TRACE_ID)) return `must contain ${TRACE_ID}`;
  const url = URL.parse(template.replaceAll(TRACE_ID, "0"));
  return url?.protocol === "https:" || url?.protocol === "http:" ? undefined : "must be an http or https address";
}

/** The address of a trace at its collector; null where no usable template is known. */
export function traceHref(template: string | null, traceId: string): string | null {
  if (template === null || traceLinkFault(template) !== undefined) return null;
  return template.replaceAll(TRACE_ID, encodeURIComponent(traceId));
}

/** Up to where this stands, the provider may keep the prompt for later calls. */
export interface CacheControl {
  type: "ephemeral";
  ttl?: "5m" | "1h";
}

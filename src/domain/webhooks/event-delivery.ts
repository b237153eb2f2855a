/** Names an event on its way to one of a tenant's webhooks. `id` is that of the message. */
export interface EventDelivery {
  tenant_id: string;
  webhook: string;
  id: string;
}

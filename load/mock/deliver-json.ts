import { deliverInPlace } from "./deliver.ts";
import type { Profile } from "./profile.ts";
import type { LoggedCall } from "./provider-call.ts";
import { sendBody } from "./whole-delivery.ts";

/**
 * Sends a body that is no completion, with the profile's behaviour. Resolves with whether it was
 * sent, even if not whole.
 */
export async function deliverJson(call: LoggedCall, profile: Profile, body: object): Promise<boolean> {
  const delivery = { ...call, profile };
  if (await deliverInPlace(delivery)) return false;
  await sendBody(delivery, "application/json", Buffer.from(JSON.stringify({ ...body, ...profile.extra_fields })));
  return true;
}

import type { PlainMessage } from "./plain-message.ts";
import { mergeProfiles, parseProfileText, ProfileError } from "./profile.ts";
import type { Profile } from "./profile.ts";

const OPENING = "[[mock:";
const CLOSING = "]]";

/** Messages without their markers, and the profile that the markers ask for. */
export interface Unmarked {
  messages: readonly PlainMessage[];
  profile: Profile | undefined;
}

/**
 * Removes the markers `[[mock:{…}]]` from the messages. With them a client behind a gateway
 * controls the mock through the prompt. Later markers win. Throws ProfileError for an invalid
 * marker.
 */
export function takeMarkers(messages: readonly PlainMessage[]): Unmarked {
  if (!messages.some((message) => message.content.includes(OPENING))) return { messages, profile: undefined };
  const profiles: Profile[] = [];
  const plain = messages.map((message) => ({ ...message, content: takeFromText(message.content, profiles) }));
  return { messages: plain, profile: mergeProfiles(profiles) };
}

function takeFromText(text: string, profiles: Profile[]): string {
  let rest = text;
  let plain = "";
  for (let start = rest.indexOf(OPENING); start >= 0; start = rest.indexOf(OPENING)) {
    const json = start + OPENING.length;
    const end = endOfObject(rest, json);
    if (!rest.startsWith(CLOSING, end)) throw new ProfileError("mock profile: the marker in the prompt is not closed");
    profiles.push(parseProfileText(rest.slice(json, end)));
    plain += rest.slice(0, start);
    rest = rest.slice(end + CLOSING.length);
  }
  return plain === "" && rest === text ? text : (plain + rest).trim();
}

/** The index after the JSON object that begins at `start`; -1 where the object does not end. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === "\\") index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return index + 1;
  }
  return -1;
}

import { unitAt } from "../harness/random.ts";
import { wrongAnswer } from "./chance-model.ts";
import { isObject } from "./json.ts";
import { mergeProfiles, parseProfile, ProfileError, withoutFailure } from "./profile.ts";
import type { Profile } from "./profile.ts";

/** The standing profiles. */
export interface ProfileSettings {
  /** For every call. */
  default?: Profile;
  keys?: Record<string, Profile>;
  models?: Record<string, Profile>;
  /** A queue: each of the next calls takes one. */
  once?: Profile[];
}

/** The properties of a call that decide its profile. */
export interface ProfileQuery {
  seq: number;
  key: string;
  model: string;
  marker: Profile | undefined;
  header: Profile | undefined;
  /** Set for items of a provider batch and requests for a model, which take none from the queue. */
  item?: boolean;
}

/** Validates the body of the control route. Throws ProfileError. */
export function parseProfileSettings(value: unknown): ProfileSettings {
  if (!isObject(value)) throw new ProfileError("expected {default?, keys?, models?, once?}");
  const unknown = Object.keys(value).find((name) => !["default", "keys", "models", "once"].includes(name));
  if (unknown !== undefined) throw new ProfileError(`unknown field "${unknown}"`);
  const once = value["once"] ?? [];
  if (!Array.isArray(once)) throw new ProfileError('"once" must be a list of profiles');
  return {
    default: value["default"] === undefined ? undefined : parseProfile(value["default"]),
    keys: parseEach(value["keys"]),
    models: parseEach(value["models"]),
    once: once.map((profile) => parseProfile(profile)),
  };
}

function parseEach(value: unknown): Record<string, Profile> {
  if (value === undefined) return {};
  if (!isObject(value)) throw new ProfileError('"keys" and "models" must map a name to a profile');
  return Object.fromEntries(Object.entries(value).map(([name, profile]) => [name, parseProfile(profile)]));
}

/** Holds the standing profiles and computes the profile of each call. */
export class ProfileStore {
  readonly #seed: number;
  #settings: ProfileSettings = {};
  #once: Profile[] = [];

  /** `seed` decides which calls a `rate` hits, and which a model of chance answers wrongly. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Replaces all standing profiles, the queue included. */
  configure(settings: ProfileSettings): void {
    this.#settings = settings;
    this.#once = [...(settings.once ?? [])];
  }

  /** The current standing profiles; `once` is the rest of the queue. */
  current(): ProfileSettings {
    return { ...this.#settings, once: [...this.#once] };
  }

  /**
   * The profile of a call, merged in the order default < model < key < once < marker < header.
   * Takes one from the queue. The seed decides whether a failure with a `rate` happens.
   */
  resolve(query: ProfileQuery): Profile {
    const { default: all, models, keys } = this.#settings;
    const merged = mergeProfiles([
      all,
      ownProfile(models, query.model),
      ownProfile(keys, query.key),
      query.item === true ? undefined : this.#once.shift(),
      query.marker,
      query.header,
    ]);
    const rate = merged.rate ?? 1;
    const profile = rate >= 1 || unitAt(this.#seed, query.seq) < rate ? merged : withoutFailure(merged);
    return { ...profile, ...wrongAnswer(query.model, this.#seed, query.seq) };
  }
}

function ownProfile(profiles: Record<string, Profile> | undefined, name: string): Profile | undefined {
  return profiles !== undefined && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
}

/** Where Durable Objects can be made, as Cloudflare names it. */
export type LocationHint = "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me";

/** What the platform tells of where a request came in: the properties of `request.cf`. */
export type RequestOrigin = Readonly<Record<string, unknown>>;

/** A namespace of Durable Objects, as far as naming them goes. */
export interface NamedObjects<Stub> {
  getByName(name: string, options?: { locationHint?: LocationHint }): Stub;
  jurisdiction(jurisdiction: Jurisdiction): NamedObjects<Stub>;
}

/** The legal areas that objects of a tenant can be kept in. */
export const JURISDICTIONS = ["eu"] as const;

/** A legal area that objects of a tenant do not leave. */
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/**
 * How the ids of tenants begin whose objects stay in the EU; no other id has a `u` there. The id
 * decides, so a tenant keeps its jurisdiction for as long as it has any object.
 */
const EU_TENANT = "ten_eu_";

/** The prefix of the id of a new tenant. */
export function tenantPrefix(jurisdiction?: Jurisdiction): "ten" | "ten_eu" {
  return jurisdiction === undefined ? "ten" : `ten_${jurisdiction}`;
}

/** Whether the platform has a jurisdiction. The local engine has none, and throws. */
export function hasJurisdiction(objects: NamedObjects<unknown>, jurisdiction: Jurisdiction): boolean {
  try {
    return objects.jurisdiction(jurisdiction) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Branches of a large tenant's gate in each region. The simulation (docs/scale.md) has the same. The
 * root is asked by 36 branches at most, and both set a pace before they are asked for too much.
 */
const BRANCHES_PER_REGION = 4;

/** West of it North America is `wnam`: between Denver and Dallas. */
const WEST_OF_AMERICA = -100;
/** East of it Europe is `eeur`: between Stockholm and Warsaw. */
const EAST_OF_EUROPE = 20;
/** Countries of Asia that Cloudflare's `me` is nearer to than its `apac`. */
const MIDDLE_EAST = new Set("AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE".split(" "));

/** Near where a request came in objects can be made; undefined where the platform does not say. */
export function locationHintOf(origin: RequestOrigin): LocationHint | undefined {
  const { continent, country, longitude } = origin;
  const east = Number.parseFloat(String(longitude));
  if (continent === "NA") return east < WEST_OF_AMERICA ? "wnam" : "enam";
  if (continent === "EU") return east > EAST_OF_EUROPE ? "eeur" : "weur";
  if (continent === "AS") return typeof country === "string" && MIDDLE_EAST.has(country) ? "me" : "apac";
  if (continent === "SA") return "sam";
  if (continent === "OC") return "oc";
  return continent === "AF" ? "afr" : undefined;
}

/**
 * Where an isolate runs: in one data centre, so that its first request tells for all. Until then,
 * and where no request does, its objects are made where the platform sees fit.
 */
export class IsolatePlace {
  #hint: LocationHint | undefined;
  readonly #part: number;
  /** Whether nothing is to be learned any more. */
  isKnown = false;

  /** `chance`, from 0 to 1, chooses among the branches of its region. */
  constructor(chance: number) {
    this.#part = Math.floor(chance * BRANCHES_PER_REGION);
  }

  /** Takes what the platform tells of a request. */
  note(origin: RequestOrigin | undefined): void {
    if (!origin) return;
    this.#hint = locationHintOf(origin);
    this.isKnown = this.#hint !== undefined;
  }

  get hint(): LocationHint | undefined {
    return this.#hint;
  }

  /** The branch of large tenants that this isolate asks, such as `weur-2`; null while unknown. */
  get branch(): string | null {
    return this.#hint === undefined ? null : `${this.#hint}-${this.#part}`;
  }
}

/**
 * The object of a name. A name begins with its tenant, which decides on the jurisdiction: under
 * another one, the same name would be another object. The hint counts only when the object is first
 * made. Throws where the platform lacks the jurisdiction.
 */
export function objectNamed<Stub>(objects: NamedObjects<Stub>, name: string, hint?: LocationHint): Stub {
  if (name.startsWith(EU_TENANT)) {
    const isInside = hint === "weur" || hint === "eeur";
    return objects.jurisdiction("eu").getByName(name, isInside ? { locationHint: hint } : undefined);
  }
  return hint === undefined ? objects.getByName(name) : objects.getByName(name, { locationHint: hint });
}

/** The name of the gate of a tenant's calls to a provider: the root of its branches. */
export function gateName(tenantId: string, provider: string): string {
  return `${tenantId}/${provider}`;
}

/** The name of a branch, which is the root's and its own. */
export function branchName(root: string, branch: string): string {
  return `${root}/${branch}`;
}

/** The root of a branch of a gate; null where the name is not one of a branch. */
export function rootOfGate(name: string): string | null {
  const parts = name.split("/");
  return parts.length === 3 ? parts.slice(0, 2).join("/") : null;
}

/** The root of a branch of a throttle, which is named by its tenant alone; null as for gates. */
export function rootOfThrottle(name: string): string | null {
  const [tenant = "", branch] = name.split("/");
  return branch === undefined ? null : tenant;
}

/** The root of a branch of a tenant's budgets, which are named as throttles are. */
export const rootOfBudgets = rootOfThrottle;

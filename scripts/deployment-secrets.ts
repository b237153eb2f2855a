import { hasTenants, listSecrets } from "./cloudflare-account.ts";
import type { Wrangler } from "./wrangler.ts";

/** What setting secrets needs of the world outside. */
export interface SecretDeps {
  wrangler: Wrangler;
  say: (line: string) => void;
  /** Random bytes as text. */
  random: (bytes: number, encoding: "hex" | "base64") => string;
  /** Secrets to be set as they are, by their names; the others are made. */
  given?: Readonly<Record<string, string | undefined>>;
}

/** How a secret is made, and what one that is given must look like. */
interface SecretRule {
  make: (random: SecretDeps["random"]) => string;
  form: RegExp;
  told: string;
  /** Stored data is of no use without it. */
  isOfData: boolean;
}

/** The secrets without which no deployment works. */
const SECRETS: Readonly<Record<string, SecretRule>> = {
  PBT_ROOT_KEY: {
    make: (random) => `root_${random(24, "hex")}`,
    form: /^\S{16,}$/,
    told: "16 characters or more",
    isOfData: false,
  },
  KEY_PEPPER: {
    make: (random) => random(32, "base64"),
    form: /^\S{16,}$/,
    told: "16 characters or more",
    isOfData: true,
  },
  KEY_ENCRYPTION_KEY: {
    make: (random) => random(32, "base64"),
    form: /^[A-Za-z0-9+/]{43}=$/,
    told: "32 bytes in base64",
    isOfData: true,
  },
};

/** The names of the required secrets that are not set. Throws where one that is given is unusable. */
export function missingSecrets(known: ReadonlySet<string>, given: SecretDeps["given"] = {}): string[] {
  const missing = Object.keys(SECRETS).filter((name) => !known.has(name));
  for (const name of missing) {
    const { form, told } = ruleOf(name);
    if (given[name] && !form.test(given[name])) throw new Error(`${name} is given, and must be ${told}`);
  }
  return missing;
}

/**
 * Sets all missing secrets in one call, so that no deployment has some of them. Those that somebody
 * has set since the account was read stay. A root key that was made is shown before, since it could
 * not be shown after a call whose answer was lost. `older` are databases that may have tenants.
 */
export async function setMissingSecrets(deps: SecretDeps, older: readonly string[]): Promise<void> {
  const { wrangler, say, random, given = {} } = deps;
  const missing = missingSecrets(await listSecrets(wrangler), given);
  const made = missing.filter((name) => !given[name]);
  await checkData(
    deps,
    made.filter((name) => ruleOf(name).isOfData),
    older,
  );
  if (missing.length === 0) return;
  const values = Object.fromEntries(missing.map((name) => [name, given[name] || ruleOf(name).make(random)]));
  if (made.includes("PBT_ROOT_KEY")) say(`PBT_ROOT_KEY: ${values["PBT_ROOT_KEY"]} (shown this once: keep it)`);
  await wrangler(["secret", "bulk"], JSON.stringify(values));
}

/** Throws where secrets would be made although there is data that needs the old ones. */
async function checkData({ wrangler }: SecretDeps, made: readonly string[], older: readonly string[]): Promise<void> {
  if (made.length === 0) return;
  for (const database of older) {
    if (!(await hasTenants(wrangler, database))) continue;
    throw new Error(
      `${database} has tenants, whose keys are of no use without the ${made.join(" and the ")} that they were made ` +
        "with. Give these in the environment. A second deployment needs databases of its own: docs/operations.md.",
    );
  }
}

function ruleOf(name: string): SecretRule {
  const rule = SECRETS[name];
  if (!rule) throw new Error(`no secret is named ${name}`);
  return rule;
}

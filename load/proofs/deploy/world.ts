import assert from "node:assert/strict";
import { withShards } from "../../../scripts/deployment-config.ts";
import type { Checkout, Ended } from "./checkout.ts";
import type { FakeAccount } from "./fake-account.ts";
import type { FakeCloudflare } from "./fake-cloudflare.ts";

/** A checkout, and the account that its commands change. */
export interface DeployWorld {
  account: FakeAccount;
  cloudflare: FakeCloudflare;
  checkout: Checkout;
}

/** What is proved, in words, and how. */
export type Steps = Readonly<Record<string, (world: DeployWorld) => Promise<void>>>;

/** Runs a command, which must succeed, and returns what changed by it. */
export async function succeed({ account, cloudflare, checkout }: DeployWorld, ...command: Command): Promise<string[]> {
  const before = account.changes.length;
  const ended = await checkout.run(...command);
  assert.equal(ended.code, 0, `${command.join(" ")} ended with ${ended.code}:\n${ended.output}`);
  assert.deepEqual(cloudflare.unknown, [], "requests that the fake does not know");
  return account.changes.slice(before);
}

/** Runs a command, which must fail and print what matches. */
export async function fail({ checkout }: DeployWorld, message: RegExp, ...command: Command): Promise<Ended> {
  const ended = await checkout.run(...command);
  assert.equal(ended.code, 1, `${command.join(" ")} ended with ${ended.code}:\n${ended.output}`);
  assert.match(ended.output, message);
  return ended;
}

type Command = [script: "provision" | "deploy", ...args: string[]];

/** Checks that the account has all that wrangler.toml names, each created once. */
export function checkWhole({ account, checkout }: DeployWorld, shards = 4): void {
  const names = (pattern: RegExp) =>
    sorted(new Set([...checkout.config.matchAll(pattern)].map(([, name = ""]) => name)));
  const created = (kind: string) =>
    sorted(account.changes.flatMap((change) => new RegExp(`^create ${kind} (.+)`).exec(change)?.[1] ?? []));
  assert.equal(withShards(checkout.config, shards), checkout.config, `wrangler.toml has not ${shards} shards`);
  assert.deepEqual(created("database"), names(/^database_name = "(.+)"/gm));
  assert.deepEqual(created("queue"), names(/^(?:queue|dead_letter_queue) = "(.+)"/gm));
  assert.deepEqual(created("bucket"), names(/^bucket_name = "(.+)"/gm));
  assert.deepEqual(created("namespace"), ["pbt-edge-cache"]);
  assert.deepEqual(sorted(account.secrets().keys()), ["KEY_ENCRYPTION_KEY", "KEY_PEPPER", "PBT_ROOT_KEY"]);
  for (const { name, uuid } of account.databases().filter(({ name }) => created("database").includes(name))) {
    assert.ok(checkout.config.includes(`database_name = "${name}"\ndatabase_id = "${uuid}"`), `${name} has no id`);
    assert.equal(account.replicationOf(name), "auto", `${name} has no replicas`);
  }
  const namespace = account.namespaces().find(({ title }) => title === "pbt-edge-cache");
  assert.ok(checkout.config.includes(`binding = "CACHE"\nid = "${namespace?.id}"`), "the cache has no id");
}

/** Checks that no process, log or answer but one line shows a secret. */
export function checkSecrecy({ account, checkout }: DeployWorld, token: string): void {
  const shown = (text: string, secret: string) => text.split(secret).length - 1;
  for (const [name, secret] of account.secrets()) {
    assert.equal(shown(checkout.printed, secret), name === "PBT_ROOT_KEY" ? 1 : 0, `${name} was printed`);
    assert.equal(shown(checkout.logs(), secret), 0, `${name} is in wrangler's log`);
  }
  assert.equal(shown(checkout.printed + checkout.logs(), token), 0, "the token was printed");
}

function sorted(words: Iterable<string>): string[] {
  return [...words].toSorted((a, b) => a.localeCompare(b));
}

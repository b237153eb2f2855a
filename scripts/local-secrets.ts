import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a local deployment remembers between starts. */
export interface LocalState {
  PBT_ROOT_KEY: string;
  KEY_PEPPER: string;
  KEY_ENCRYPTION_KEY: string;
  /** The demo tenant's bearer key, once it was created. */
  demo_key?: string;
}

/** The local secrets: made on the first start, kept beside the data that they protect, readable by their owner alone. */
export function openLocalState(stateDir: string): { state: LocalState; save: (change: Partial<LocalState>) => void } {
  const file = join(stateDir, "pbt-edge.json");
  mkdirSync(stateDir, { recursive: true });
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<LocalState>) : {};
  const state: LocalState = {
    PBT_ROOT_KEY: `root_${randomBytes(24).toString("hex")}`,
    KEY_PEPPER: randomBytes(32).toString("base64"),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    ...known,
  };
  const save = (change: Partial<LocalState>) => {
    Object.assign(state, change);
    writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  };
  save({});
  return { state, save };
}

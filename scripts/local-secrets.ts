import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secrets that a local deployment keeps between starts. */
export interface LocalState {
  PBT_ROOT_KEY: string;
  KEY_PEPPER: string;
  KEY_ENCRYPTION_KEY: string;
  /** The API key of the demo tenant; absent until it is created. */
  demo_key?: string;
}

/** The local secrets, with the path of their file. `save` changes both. */
export interface OpenLocalState {
  file: string;
  state: LocalState;
  save: (change: Partial<LocalState>) => void;
}

/**
 * Reads the local secrets, and makes those that are missing. The file is in the folder of the data
 * that they protect, and only its owner can read it.
 */
export function openLocalState(stateDir: string): OpenLocalState {
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
  return { file, state, save };
}

/** A folder of prompts, whose names begin with its prefix. */
export interface Folder {
  prefix: string;
  title: string;
  prompts: number;
}

/** The part of a searched prefix that is a folder: `support/tri` searches in `support/`. */
export function folderOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

/** The folders right below a folder that some names lie in, with how many do, in their order. */
export function foldersBelow(folder: string, names: readonly string[]): Folder[] {
  const folders = new Map<string, Folder>();
  for (const name of names) {
    const end = name.indexOf("/", folder.length);
    if (!name.startsWith(folder) || end < 0) continue;
    const prefix = name.slice(0, end + 1);
    const found = folders.get(prefix);
    if (found) found.prompts += 1;
    else folders.set(prefix, { prefix, title: name.slice(folder.length, end), prompts: 1 });
  }
  return [...folders.values()];
}

/** The folders that a folder or a prompt's name lies in, from the outermost. */
export function crumbsOf(name: string): { prefix: string; title: string }[] {
  const steps = name.split("/").slice(0, -1);
  return steps.map((title, at) => ({ title, prefix: `${steps.slice(0, at + 1).join("/")}/` }));
}

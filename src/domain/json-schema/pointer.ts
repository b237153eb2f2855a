/**
 * The value that a JSON Pointer (RFC 6901) in a URI fragment, such as `#/$defs/tag`, points to
 * within `root`. Undefined where it points to nothing or is no such pointer.
 */
export function resolvePointer(root: unknown, pointer: unknown): unknown {
  if (typeof pointer !== "string" || !/^#(?:\/|$)/.test(pointer)) return undefined;
  let node = root;
  for (const token of pointer.slice(1).split("/").slice(1)) {
    const key = decode(token).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return undefined;
    node = Reflect.get(node, key);
  }
  return node;
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

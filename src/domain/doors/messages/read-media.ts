import { toMedia } from "../../completions/media.ts";
import type { ContentPart, Media } from "../../completions/message.ts";
import { toBase64, utf8 } from "../../../lib/encoding.ts";
import { isGiven, type BodyFindings, OBJECT, TEXT } from "../findings.ts";
import { readCacheControl } from "./read-cache-control.ts";

type Block = Record<string, unknown>;

/** A picture. */
export function readImage(block: Block, path: string, findings: BodyFindings): ContentPart | undefined {
  findings.unread(block, path, ["type", "source", "cache_control"]);
  const image = readSource(block["source"], `${path}.source`, findings);
  return image && { type: "image", image, ...readCacheControl(block, path, findings) };
}

/** A document. Its title is the name of a file elsewhere. */
export function readDocument(block: Block, path: string, findings: BodyFindings): ContentPart | undefined {
  findings.unread(block, path, ["type", "source", "title", "citations", "cache_control"]);
  const citations = findings.optional(block["citations"], `${path}.citations`, OBJECT);
  if (citations?.["enabled"] === true) findings.untranslate(`${path}.citations`);
  const filename = findings.optional(block["title"], `${path}.title`, TEXT);
  const file = readSource(block["source"], `${path}.source`, findings);
  if (!file) return undefined;
  return {
    type: "file",
    file,
    ...(filename !== undefined && { filename }),
    ...readCacheControl(block, path, findings),
  };
}

/** Where a picture or a document is. A document's plain text is a text file elsewhere. */
function readSource(given: unknown, path: string, findings: BodyFindings): Media | undefined {
  const source = findings.needed(given, path, OBJECT);
  if (!source) return undefined;
  switch (source["type"]) {
    case "base64": {
      const data = findings.needed(source["data"], `${path}.data`, TEXT);
      const media_type = findings.needed(source["media_type"], `${path}.media_type`, TEXT);
      if (data === undefined || media_type === undefined) return undefined;
      return toMedia({ data, media_type }) ?? findings.fault(`${path}.data`, "must be base64 of a media type");
    }
    case "text": {
      const data = findings.needed(source["data"], `${path}.data`, TEXT);
      return data === undefined ? undefined : { data: toBase64(utf8(data)), media_type: "text/plain" };
    }
    case "url": {
      const url = findings.needed(source["url"], `${path}.url`, TEXT);
      if (url === undefined) return undefined;
      return toMedia(url) ?? findings.untranslate(`${path}.url`, "must be an https: URL for other APIs");
    }
    case "file": {
      const file_id = findings.needed(source["file_id"], `${path}.file_id`, TEXT);
      return file_id === undefined ? undefined : { file_id };
    }
    default: {
      const type = `${path}.type`;
      return isGiven(source["type"]) ? findings.untranslate(type) : findings.fault(type, "is missing");
    }
  }
}

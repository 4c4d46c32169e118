/** A signature: bytes at a place of the beginning, `?` standing for any. */
interface Signature {
  readonly type: string;
  readonly at: number;
  readonly bytes: string;
}

const SIGNATURES: readonly Signature[] = [
  { type: "image/png", at: 0, bytes: "\x89PNG\r\n\x1a\n" },
  { type: "image/jpeg", at: 0, bytes: "\xff\xd8\xff" },
  { type: "image/gif", at: 0, bytes: "GIF87a" },
  { type: "image/gif", at: 0, bytes: "GIF89a" },
  { type: "image/webp", at: 0, bytes: "RIFF????WEBP" },
  { type: "audio/wav", at: 0, bytes: "RIFF????WAVE" },
  { type: "application/pdf", at: 0, bytes: "%PDF-" },
  { type: "audio/mpeg", at: 0, bytes: "ID3" },
  { type: "audio/flac", at: 0, bytes: "fLaC" },
  { type: "application/zip", at: 0, bytes: "PK\x03\x04" },
  { type: "application/zip", at: 0, bytes: "PK\x05\x06" },
  { type: "application/gzip", at: 0, bytes: "\x1f\x8b\x08" },
  { type: "application/vnd.microsoft.portable-executable", at: 0, bytes: "MZ" },
  { type: "application/x-elf", at: 0, bytes: "\x7fELF" },
  { type: "application/x-mach-binary", at: 0, bytes: "\xcf\xfa\xed\xfe" },
  { type: "application/x-mach-binary", at: 0, bytes: "\xce\xfa\xed\xfe" },
  { type: "application/x-ms-shortcut", at: 0, bytes: "L\0\0\0\x01\x14\x02\0" },
  { type: "application/x-desktop", at: 0, bytes: "[Desktop Entry]" },
  { type: "text/x-shellscript", at: 0, bytes: "#!" },
];

/** Brands of ISO base media files (ISO/IEC 14496-12) that are no film. */
const BRANDS: Readonly<Record<string, string>> = {
  "M4A ": "audio/mp4",
  "M4B ": "audio/mp4",
  "avif": "image/avif",
  "avis": "image/avif",
  "heic": "image/heic",
  "heix": "image/heic",
  "heim": "image/heic",
  "heis": "image/heic",
  "hevc": "image/heic",
  "hevx": "image/heic",
  "hevm": "image/heic",
  "hevs": "image/heic",
  "mif1": "image/heic",
  "msf1": "image/heic",
  "qt  ": "video/quicktime",
};

/** Bytes of the beginning that are searched for what stands at no fixed place. */
const SEARCHED = 4_096;

/** Bits of an MPEG audio frame's second and third byte that mean nothing is known (ISO 11172-3). */
const MP3_LAYERS = new Set([0xfb, 0xfa, 0xf3, 0xf2, 0xe3, 0xe2]);

/**
 * What a file is by its content, whatever it was said to be: a media type of a small table, or
 * `application/octet-stream`. Text is `text/plain`, also where it is HTML or SVG: nothing of it runs.
 * @param head the first bytes; 64 KiB tell, or all when there are fewer
 */
export function sniff(head: Uint8Array): string {
  const found = SIGNATURES.find((signature) => matches(head, signature));
  if (found !== undefined) return found.type;
  if (textAt(head, 4, 4) === "ftyp") return BRANDS[textAt(head, 8, 4)] ?? "video/mp4";
  if (textAt(head, 0, 4) === "\x1a\x45\xdf\xa3") {
    return textAt(head, 0, 64).includes("webm") ? "video/webm" : "video/x-matroska";
  }
  if (textAt(head, 0, 4) === "OggS") {
    return textAt(head, 0, SEARCHED).includes("theora") ? "video/ogg" : "audio/ogg";
  }
  if (isMp3(head)) return "audio/mpeg";
  return isText(head) ? "text/plain" : "application/octet-stream";
}

/** Endings that fit a type; the first is what a file without a fitting one is given. */
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  "image/png": ["png"],
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/gif": ["gif"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/heic": ["heic", "heif"],
  "application/pdf": ["pdf"],
  "audio/mpeg": ["mp3"],
  "audio/mp4": ["m4a", "m4b"],
  "audio/flac": ["flac"],
  "audio/ogg": ["ogg", "oga", "opus", "spx"],
  "audio/wav": ["wav"],
  "video/mp4": ["mp4", "m4v", "3gp"],
  "video/quicktime": ["mov"],
  "video/webm": ["webm"],
  "video/x-matroska": ["mkv", "mka"],
  "video/ogg": ["ogv"],
};

const KNOWN = new Set(Object.values(ENDINGS).flat());

/** Endings of what is read, not run. */
const READ = new Set([
  ...KNOWN,
  ..."csv doc docx epub htm html md odp ods odt ppt pptx rtf svg txt xls xlsx zip".split(" "),
]);

/** Endings by which one system or another runs what is opened. */
const RUN = new Set(
  ("app appimage bat cmd com command cpl desktop exe hta jar js jse lnk msi pif ps1 reg run scr sh " +
    "url vbe vbs wsf").split(" "),
);

/** Programs, and the endings that say so; "": none. What else runs is named by what it is not. */
const PROGRAMS: Readonly<Record<string, readonly string[] | undefined>> = {
  "application/vnd.microsoft.portable-executable": ["exe", "dll", "sys", "com", "scr", "cpl"],
  "application/x-elf": ["", "appimage", "axf", "bin", "elf", "ko", "o", "out", "run", "so"],
  "application/x-mach-binary": ["", "bin", "bundle", "dylib", "o", "so"],
  "application/x-ms-shortcut": ["lnk"],
  "application/x-desktop": ["desktop"],
};

/**
 * Whether a name pretends: its ending is that of a picture, a film or the like, and the content is
 * not; or it is run when it is opened, and looks like what is read: by its ending, or by the one before.
 */
export function pretends(name: string, type: string): boolean {
  const [ending = "", before = ""] = name.toLowerCase().split(".").slice(1).reverse()
    .map((part) => part.trim());
  if (RUN.has(ending) && READ.has(before)) return true;
  if (ENDINGS[type]?.includes(ending)) return false;
  const says = PROGRAMS[type];
  // A library's ending may be followed by its version.
  if (says !== undefined) return !says.includes(ending) && !/^\d+$/.test(ending);
  return KNOWN.has(ending) || type === "text/x-shellscript" && READ.has(ending) && ending !== "txt";
}

function matches(head: Uint8Array, { at, bytes }: Signature): boolean {
  if (head.length < at + bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== "?" && head[at + i] !== bytes.charCodeAt(i)) return false;
  }
  return true;
}

/** Bytes as the characters of the same numbers. */
function textAt(head: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...head.subarray(at, at + length));
}

/** A frame without an ID3 tag before it: sync, layer III, a bit rate and a sampling rate. */
function isMp3(head: Uint8Array): boolean {
  const [first, second = 0, third = 0] = head;
  if (head.length < 4 || first !== 0xff || !MP3_LAYERS.has(second)) return false;
  const [rate, sampling] = [third >> 4, (third >> 2) & 3];
  return rate !== 0 && rate !== 15 && sampling !== 3;
}

/**
 * UTF-8 without controls but for tabs and line ends, where a character may be cut at the end; or
 * UTF-16 that says so.
 */
function isText(head: Uint8Array): boolean {
  const wide = ["\xff\xfe", "\xfe\xff"].includes(textAt(head, 0, 2));
  if (wide) return head.length % 2 === 0;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
  } catch {
    return false;
  }
  // deno-lint-ignore no-control-regex
  return !/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(text);
}

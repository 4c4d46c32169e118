/** Files for tests of what is shown, made here. @module */
import { deflateSync } from "node:zlib";
import { type Bytes, concat } from "../../base/mod.ts";

/** One byte a letter. */
export function latin1(text: string): Bytes {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function chunk(name: string, data: Uint8Array): Bytes {
  const body = concat(latin1(name), data);
  return concat(u32(data.length), body, u32(crc32(body)));
}

/** A PNG of one colour; `claimed` writes another size into its header. */
export function png(
  width: number,
  height: number,
  [r, g, b]: readonly [number, number, number] = [200, 30, 60],
  claimed: readonly [number, number] = [width, height],
): Bytes {
  const row = new Uint8Array(1 + width * 3);
  for (let x = 0; x < width; x++) row.set([r, g, b], 1 + x * 3);
  const rows = new Uint8Array(row.length * height);
  for (let y = 0; y < height; y++) rows.set(row, y * row.length);
  return concat(
    latin1("\x89PNG\r\n\x1a\n"),
    chunk("IHDR", concat(u32(claimed[0]), u32(claimed[1]), new Uint8Array([8, 2, 0, 0, 0]))),
    chunk("IDAT", new Uint8Array(deflateSync(rows))),
    chunk("IEND", new Uint8Array()),
  );
}

/**
 * A PDF of `pages` pages, each with the same content stream.
 * @param filter of the content, such as `/FlateDecode`
 * @param catalog more entries of its catalogue, such as an action with JavaScript
 */
export function pdf(
  input: {
    content?: string;
    filter?: string;
    pages?: number;
    size?: readonly [number, number];
    catalog?: string;
  },
): Bytes {
  const { content = "", filter, pages = 1, size = [300, 200], catalog = "" } = input;
  const objects: string[] = [
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    `<< /Type /Pages /Count ${pages} /Kids [${
      Array.from({ length: pages }, (_, at) => `${5 + at} 0 R`).join(" ")
    }] >>`,
    `<< /Length ${content.length} ${
      filter === undefined ? "" : `/Filter ${filter}`
    } >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...Array.from(
      { length: pages },
      () =>
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${size[0]} ${size[1]}] /Contents 3 0 R ` +
        "/Resources << /Font << /F1 4 0 R >> >> >>",
    ),
  ];
  let text = "%PDF-1.7\n";
  const offsets = objects.map((object, at) => {
    const offset = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const offset of offsets) text += `${String(offset).padStart(10, "0")} 00000 n \n`;
  text += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return latin1(text);
}

/** A WAV of silence. */
export function wav(seconds: number): Bytes {
  const size = 8000 * seconds;
  const head = new DataView(new ArrayBuffer(44));
  new Uint8Array(head.buffer).set(latin1("RIFF\0\0\0\0WAVEfmt "));
  head.setUint32(4, 36 + size, true);
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, 8000, true);
  head.setUint32(28, 8000, true);
  head.setUint16(32, 1, true);
  head.setUint16(34, 8, true);
  new Uint8Array(head.buffer).set(latin1("data"), 36);
  head.setUint32(40, size, true);
  return concat(new Uint8Array(head.buffer), new Uint8Array(size).fill(128));
}

import type { Exchange } from "../web/exchange.ts";
import { asAttachment } from "./file_name.ts";
import { readRange } from "./range.ts";
import { Uploads } from "./uploads.ts";

/** Pages of any origin may use the URLs they were given (XEP-0363 section 7). */
export const CORS: Record<string, string> = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "OPTIONS, HEAD, GET, PUT",
  "access-control-allow-headers": "Authorization, Content-Type, Range",
  "access-control-expose-headers": "Content-Range, Content-Disposition",
  "access-control-max-age": "86400",
};

/** Types that are said as they are; the rest is bytes, so that no browser runs anything of them. */
const SHOWN = /^(image\/(?!svg)|audio\/|video\/|text\/plain$|application\/pdf$)/;
const PIECE = 262_144;

/** Gives a file, or a part of it, to whoever knows its URL. */
export async function serve(uploads: Uploads, exchange: Exchange): Promise<void> {
  const target = Uploads.read(exchange.path);
  const upload = target && uploads.rows.get(target.hash);
  if (upload?.state !== "stored" || upload.name !== target!.name) {
    return exchange.say(404, "No such file.", CORS);
  }
  const { size } = upload;
  const range = readRange(exchange.header("range"), size);
  if (range === "unsatisfiable") {
    return exchange.say(416, "The file is shorter.", {
      ...CORS,
      "content-range": `bytes */${size}`,
    });
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  using file = await uploads.folder.open(upload.file);
  await file.seek(first, Deno.SeekMode.Start);
  exchange.response.writeHead(range === undefined ? 200 : 206, {
    ...CORS,
    "content-type": SHOWN.test(upload.type) ? upload.type : "application/octet-stream",
    "content-length": String(last - first + 1),
    "content-disposition": asAttachment(upload.name),
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=86400, immutable",
    ...(range === undefined ? {} : { "content-range": `bytes ${first}-${last}/${size}` }),
  });
  if (exchange.method === "HEAD") return void exchange.response.end();
  exchange.allow(last - first + 1);
  await send(exchange, file, last - first + 1);
}

async function send(exchange: Exchange, file: Deno.FsFile, bytes: number): Promise<void> {
  const { response } = exchange;
  for (let left = bytes; left > 0;) {
    const piece = new Uint8Array(Math.min(PIECE, left));
    const got = await file.read(piece);
    if (got === null) throw new Error("the file is shorter than its row says");
    left -= got;
    if (response.destroyed) return;
    if (!response.write(piece.subarray(0, got))) await drained(exchange);
    exchange.moved();
  }
  response.end();
}

/** Resolves when more can be written, or the connection is gone. */
function drained({ response }: Exchange): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

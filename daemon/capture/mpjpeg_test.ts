import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, SimppdError, utf8 } from "../base/mod.ts";
import { MAX_FRAME, type MpjpegPart, MpjpegSplitter } from "./mod.ts";

/** As ffmpeg writes it: the boundary after a picture comes with that picture. */
function stream(pictures: readonly Uint8Array[]): Uint8Array {
  return concat(
    utf8("--ffmpeg\r\n"),
    ...pictures.flatMap((data) => [
      utf8(`Content-type: image/jpeg\r\nContent-length: ${data.length}\r\n\r\n`),
      data,
      utf8("\r\n--ffmpeg\r\n"),
    ]),
  );
}

Deno.test("MpjpegSplitter gives back the pictures however the stream is cut", () => {
  const pictures = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300, size: "max" }), {
    maxLength: 6,
  });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(pictures, cuts, (sent, sizes) => {
    const bytes = stream(sent);
    const splitter = new MpjpegSplitter();
    const parts: MpjpegPart[] = [];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      parts.push(...splitter.push(bytes.subarray(at, at + size), i));
      at += size;
    }
    assert.deepEqual(parts.map((part) => part.data), sent.map((data) => new Uint8Array(data)));
  }));
});

Deno.test("MpjpegSplitter tells when a picture began, not when it was whole", () => {
  const bytes = stream([new Uint8Array(100)]);
  const splitter = new MpjpegSplitter();
  assert.deepEqual(splitter.push(bytes.subarray(0, 100), 5), []);
  assert.equal(splitter.push(bytes.subarray(100), 9)[0]?.arrivedAt, 5);
});

Deno.test("MpjpegSplitter refuses a stream that is not bounded", () => {
  const header = (lines: string) => utf8(`--ffmpeg\r\n${lines}\r\n\r\n`);
  for (
    const bytes of [
      header("Content-type: image/jpeg"),
      header("Content-length: 0"),
      header(`Content-length: ${MAX_FRAME + 1}`),
      header("Content-length: -1"),
      header("Content-length: 0x10"),
      header("Content-length: 999999999999"),
      header("Content-length: 5\r\nContent-length: 6"),
      utf8("HTTP/1.1 200 OK\r\nContent-length: 5\r\n\r\n"),
      new Uint8Array(2000).fill(65),
    ]
  ) {
    assert.throws(() => new MpjpegSplitter().push(bytes, 0), { code: "bad-stream" });
  }
  assert.deepEqual(new MpjpegSplitter().push(header(`Content-length: ${MAX_FRAME}`), 0), []);
});

Deno.test("MpjpegSplitter answers any bytes with pictures or bad-stream", () => {
  const line = fc.constantFrom("--ffmpeg", "Content-length: 3", "Content-type: x", "abc", "");
  const lines = fc.array(line, { maxLength: 20 }).map((all) => utf8(all.join("\r\n")));
  fc.assert(fc.property(fc.array(fc.oneof(lines, fc.uint8Array())), (chunks) => {
    const splitter = new MpjpegSplitter();
    try {
      for (const chunk of chunks) splitter.push(chunk, 0);
    } catch (error) {
      assert.ok(error instanceof SimppdError && error.code === "bad-stream");
    }
  }));
});

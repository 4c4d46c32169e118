import assert from "node:assert/strict";
import { getFile, putFile } from "./https_transfer.ts";
import { DOMAIN, type Script, scriptedServer } from "./testing.ts";

/** Runs `use` against a server that plays `script` after TLS. */
async function against(
  script: Script,
  use: (url: string, own: Parameters<typeof getFile>[1]) => Promise<void>,
): Promise<void> {
  const server = await scriptedServer("direct", script);
  const own = {
    domain: DOMAIN,
    trust: { kind: "pin", pin: server.certificate.pin },
    host: "127.0.0.1",
  } as const;
  try {
    await use(`https://${DOMAIN}:${server.endpoint.port}/file`, own);
  } finally {
    await server.stop();
  }
}

async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}

/** Answers every request with this, without a look at its body. */
function answer(text: string): Script {
  return async (peer) => {
    await peer.read("\r\n\r\n");
    await peer.write(text);
    await peer.gone();
  };
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";

Deno.test("getFile() ends where more comes than was declared or is wanted, and follows nobody", async () => {
  const cases: [string, string][] = [
    [`${HEAD}Content-Length: 1000000\r\n\r\nx`, "download-too-large"],
    [`${HEAD}Connection: close\r\n\r\n${"x".repeat(200)}`, "download-too-large"],
    [`${HEAD}Transfer-Encoding: chunked\r\n\r\nc8\r\n${"x".repeat(200)}\r\n`, "download-too-large"],
    ["HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n", "download-refused"],
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "download-refused"],
    ["HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx", "download-refused"],
    ["SSH-2.0-OpenSSH\r\n", "transfer-failed"],
    [`${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, "transfer-failed"],
  ];
  for (const [text, code] of cases) {
    await against(answer(text), async (url, own) => {
      await assert.rejects(getFile(url, own, 100, () => {}, {}), { code }, text);
    });
  }
});

Deno.test("getFile() does not take a file for whole that was cut off", async () => {
  const cut: Script = async (peer) => {
    await peer.read("\r\n\r\n");
    await peer.write(`${HEAD}Content-Length: 10\r\n\r\nhello`);
  };
  await against(cut, async (url, own) => {
    await assert.rejects(getFile(url, own, 100, () => {}, {}), { code: "transfer-failed" });
  });
});

Deno.test("getFile() gives up when told to, and when its sink fails", async () => {
  await against(answer(`${HEAD}Content-Length: 10\r\n\r\nhello`), async (url, own) => {
    const stop = new AbortController();
    const told = getFile(url, own, 100, () => stop.abort(new Error("enough")), {
      signal: stop.signal,
    });
    await assert.rejects(told, /enough/);
    const failing = () => {
      throw new RangeError("no room");
    };
    await assert.rejects(getFile(url, own, 100, failing, {}), { code: "transfer-failed" });
  });
});

Deno.test("putFile() sends what it was given, and stops when it is refused early", async () => {
  let heard = "";
  const take: Script = async (peer) => {
    await peer.read("\r\n\r\nhello world");
    heard = peer.heard;
    await peer.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    await peer.gone();
  };
  await against(take, async (url, own) => {
    const body = { size: 11, bytes: bytes("hello ", "world") };
    assert.equal(await putFile(url, own, { authorization: "Bearer x" }, body, {}), 201);
    assert.match(heard, /^PUT \/file HTTP\/1\.1\r\n/);
    assert.match(heard, /authorization: Bearer x\r\n/i);
    assert.match(heard, new RegExp(`host: ${DOMAIN}:\\d+\r\n`, "i"));
    assert.match(heard, /content-length: 11\r\n/i);
  });
  await against(
    answer("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
    async (url, own) => {
      const endless = async function* () {
        for (;;) {
          yield new Uint8Array(65_536);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const status = await putFile(url, own, {}, { size: 1e12, bytes: endless() }, {});
      assert.equal(status, 413);
    },
  );
});

Deno.test("getFile() goes on from an offset, by a range or by passing over what is here", async () => {
  const partial = (range: string, body: string) =>
    `HTTP/1.1 206 Partial Content\r\nContent-Range: ${range}\r\nContent-Length: ${body.length}` +
    `\r\n\r\n${body}`;
  const cases: [string, string | { code: string }][] = [
    [partial("bytes 6-10/11", "world"), "world"],
    [partial("bytes 6-10/*", "world"), "world"],
    [`${HEAD}Content-Length: 11\r\n\r\nhello world`, "world"],
    [`${HEAD}Content-Length: 3\r\n\r\nhel`, ""],
    [partial("bytes 0-4/11", "hello"), { code: "download-refused" }],
    [partial("bytes 6-999/1000", "x".repeat(994)), { code: "download-too-large" }],
    [partial("none", "world"), { code: "download-refused" }],
    ["HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n", {
      code: "download-refused",
    }],
  ];
  for (const [text, outcome] of cases) {
    let heard = "";
    const script: Script = async (peer) => {
      heard = await peer.read("\r\n\r\n");
      await peer.write(text);
      await peer.gone();
    };
    await against(script, async (url, own) => {
      let came = "";
      const sink = (part: Uint8Array) => void (came += new TextDecoder().decode(part));
      const getting = getFile(url, own, 11, sink, { offset: 6 });
      if (typeof outcome !== "string") return await assert.rejects(getting, outcome, text);
      await getting;
      assert.equal(came, outcome);
      assert.match(heard, /\r\nrange: bytes=6-\r\n/i);
    });
  }
});

Deno.test("getFile() gives up a server that is silent for too long", async () => {
  await against(answer(`${HEAD}Content-Length: 10\r\n\r\nhello`), async (url, own) => {
    await assert.rejects(getFile(url, own, 100, () => {}, { stallMs: 30 }), { code: "timeout" });
  });
});

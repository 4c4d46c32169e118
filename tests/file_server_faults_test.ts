import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { sha256 } from "../daemon/crypto/mod.ts";
import { type FileDescriptor, isAtServerOf, UploadWay } from "../daemon/files/mod.ts";
import {
  contentOf,
  type Desk,
  desk,
  MemoryWay,
  pattern,
  reaches,
  source,
} from "../daemon/files/testing.ts";
import { Hooks, HttpUpload, type XmppClient } from "../daemon/xmpp/client/mod.ts";
import { Jid, StanzaError } from "../daemon/xmpp/core/mod.ts";
import { makeTestCertificate } from "../scripts/peers/certificate.ts";

const DOMAIN = "files.test";
const ALICE = `alice@${DOMAIN}`;
const HOST = "127.0.0.1";
/** Where only HTTPS goes on: the server says nothing of where it has files. */
const NO_CONNECTION = {
  hooks: new Hooks(),
  jid: Jid.parse("bob@here.test/one"),
  iq: () => Promise.reject(new StanzaError("cancel", "service-unavailable")),
} as unknown as XmppClient;

/** Answers one request for the sealed file; `from` is the first byte asked for. */
type Serve = (response: ServerResponse, sealed: Uint8Array, from: number, nth: number) => void;

/** A sealed file on an HTTPS server that behaves as `serve` does, and who wants to have it. */
async function against(
  serve: Serve,
  use: (
    it: { bob: Desk; descriptor: FileDescriptor; content: Uint8Array; asked: () => number },
  ) => Promise<void>,
): Promise<void> {
  const content = pattern(400_000);
  const memory = new MemoryWay();
  const alice = await desk([memory]);
  const sent = await alice.transfers.send({
    peer: ALICE,
    from: source(content),
    name: "a",
    suite: "chacha20-poly1305",
  });
  const whole = (await reaches(alice.transfers, sent.id, "done")).descriptor;
  const sealed = await Deno.readFile(alice.folder.file(sent.id));
  const { certificatePem: cert, keyPem: key, pin } = await makeTestCertificate(DOMAIN);
  let asked = 0;
  const server = createTlsServer({ cert, key }, (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    serve(response, sealed, from, ++asked);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, () => resolve()));
  const { port } = server.address() as AddressInfo;
  const upload = new HttpUpload(NO_CONNECTION, {
    domain: DOMAIN,
    trust: { kind: "pin", pin },
    host: HOST,
  });
  const bob = await desk([new UploadWay(() => upload, { stallMs: 200 })]);
  const url = `https://${DOMAIN}:${port}/sealed.bin`;
  const descriptor: FileDescriptor = { ...whole, sources: [{ kind: "upload", url }] };
  try {
    await use({ bob, descriptor, content, asked: () => asked });
  } finally {
    await bob.close();
    await alice.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function outcome(bob: Desk, descriptor: FileDescriptor): Promise<string | undefined> {
  const receiving = { peer: ALICE, sender: ALICE, accept: true };
  const { id } = await bob.transfers.receive(descriptor, receiving);
  return (await reaches(bob.transfers, id, "done", "failed")).problem?.code;
}

/** Serves a range as it should be served. */
function rightly(response: ServerResponse, sealed: Uint8Array, from: number): void {
  const last = sealed.length - 1;
  response.writeHead(from === 0 ? 200 : 206, {
    "content-length": sealed.length - from,
    ...(from === 0 ? {} : { "content-range": `bytes ${from}-${last}/${sealed.length}` }),
  });
  response.end(sealed.subarray(from));
}

const FAULTS: Record<string, { serve: Serve; code: string }> = {
  "redirects elsewhere": {
    serve: (response) => void response.writeHead(302, { location: "https://127.0.0.1/" }).end(),
    code: "download-refused",
  },
  "has it no more": {
    serve: (response) => void response.writeHead(404).end(),
    code: "download-refused",
  },
  "says it is longer": {
    serve: (response, sealed) => {
      response.writeHead(200, { "content-length": sealed.length + 1 });
      response.end(sealed);
    },
    code: "download-too-large",
  },
  "sends more than it said": {
    serve: (response, sealed) => {
      response.writeHead(200);
      response.write(sealed);
      response.end(new Uint8Array(100_000));
    },
    code: "download-too-large",
  },
  "says it is shorter": {
    serve: (response, sealed) => {
      response.writeHead(200, { "content-length": 1000 });
      response.end(sealed.subarray(0, 1000));
    },
    code: "transfer-failed",
  },
  "gives other bytes": {
    serve: (response, sealed) => rightly(response, sealed.map((byte) => byte ^ 1), 0),
    code: "file-damaged",
  },
  "answers another range": {
    serve: (response, sealed, from, nth) => {
      if (nth === 1) {
        response.writeHead(200, { "content-length": sealed.length });
        response.write(sealed.subarray(0, 100_000), () => response.destroy());
        return;
      }
      response.writeHead(206, { "content-range": `bytes ${from + 1}-${sealed.length}/*` });
      response.end(sealed.subarray(from + 1));
    },
    code: "download-refused",
  },
  "stops in the middle and is silent": {
    serve: (response, sealed, from) => {
      response.writeHead(from === 0 ? 200 : 206, {
        "content-length": sealed.length - from,
        "content-range": `bytes ${from}-${sealed.length - 1}/${sealed.length}`,
      });
      if (from === 0) response.write(sealed.subarray(0, 100_000));
    },
    code: "timeout",
  },
};

for (const [name, { serve, code }] of Object.entries(FAULTS)) {
  Deno.test(`a file's server that ${name} is found out`, async () => {
    await against(serve, async ({ bob, descriptor }) => {
      assert.equal(await outcome(bob, descriptor), code);
    });
  });
}

Deno.test("a file's server that cuts each answer, with ranges and without, is asked until all is there", async () => {
  for (const ranges of [true, false]) {
    const serve: Serve = (response, sealed, asked, nth) => {
      const from = ranges ? asked : 0;
      if (nth > 6) return rightly(response, sealed, from);
      const last = sealed.length - 1;
      response.writeHead(from === 0 ? 200 : 206, {
        "content-length": sealed.length - from,
        ...(from === 0 ? {} : { "content-range": `bytes ${from}-${last}/${sealed.length}` }),
      });
      const end = (ranges ? asked : 0) + (ranges ? 50_000 : 50_000 * nth);
      response.write(sealed.subarray(from, end), () => response.destroy());
    };
    await against(serve, async ({ bob, descriptor, content, asked }) => {
      assert.equal(await outcome(bob, descriptor), undefined);
      assert.ok(asked() > 6);
      const { id } = bob.transfers.list()[0]!;
      assert.deepEqual(sha256(await contentOf(bob.transfers, id)), sha256(content));
    });
  }
});

Deno.test("a file that is said to lie at a private address is not asked for", async () => {
  let knocked = false;
  const victim = createServer(() => {}).on("connection", () => knocked = true);
  await new Promise<void>((resolve) => victim.listen(0, HOST, () => resolve()));
  const { port } = victim.address() as AddressInfo;
  try {
    await against(rightly, async ({ bob, descriptor }) => {
      for (const host of ["localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0x7f.2"]) {
        const url = `https://${host}:${port}/`;
        const id = crypto.getRandomValues(new Uint8Array(16)).toHex();
        const there: FileDescriptor = { ...descriptor, id, sources: [{ kind: "upload", url }] };
        assert.equal(await outcome(bob, there), "private-address", host);
      }
      assert.ok(!knocked);
    });
  } finally {
    await new Promise<void>((resolve) => victim.close(() => resolve()));
  }
});

/** An upload service whose place for every file is `url`. */
class OnePlace extends HttpUpload {
  constructor(readonly url: string, own: ConstructorParameters<typeof HttpUpload>[1]) {
    super(NO_CONNECTION, own);
  }
  override find() {
    return Promise.resolve({ jid: "upload", maxBytes: undefined });
  }
  override slot() {
    return Promise.resolve({ put: this.url, get: this.url, headers: {} });
  }
}

Deno.test("an upload that is refused, sent elsewhere, or not answered fails, and goes on when told", async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => void response.writeHead(302, { location: "https://127.0.0.1/" }).end(),
    (response) => void response.writeHead(413).end(),
    (response) => void response.writeHead(507).end(),
    () => {},
    (response) => response.destroy(),
    (response) => void response.writeHead(201).end(),
  ];
  const { certificatePem: cert, keyPem: key, pin } = await makeTestCertificate(DOMAIN);
  let came = 0;
  const server = createTlsServer({ cert, key }, (request, response) => {
    request.on("data", (bytes: Uint8Array) => came += bytes.length);
    request.on("end", () => answers.shift()!(response));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, () => resolve()));
  const { port } = server.address() as AddressInfo;
  const own = { domain: DOMAIN, trust: { kind: "pin", pin }, host: HOST } as const;
  const place = new OnePlace(`https://${DOMAIN}:${port}/sealed.bin`, own);
  const alice = await desk([new UploadWay(() => place, { stallMs: 200 })]);
  const codes: (string | undefined)[] = [];
  try {
    const { id } = await alice.transfers.send({
      peer: ALICE,
      from: source(pattern(50_000)),
      name: "a",
      suite: "chacha20-poly1305",
    });
    for (;;) {
      const { state, problem } = await reaches(alice.transfers, id, "done", "failed");
      codes.push(problem?.code);
      if (state === "done") break;
      came = 0;
      await alice.transfers.command(id, "resume");
    }
    const refused = ["upload-failed", "upload-failed", "upload-failed", "timeout"];
    assert.deepEqual(codes, [...refused, "transfer-failed", undefined]);
    assert.equal(came, alice.transfers.get(id)!.descriptor.sealedSize);
    assert.equal(alice.announced.length, 1);
  } finally {
    await alice.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

Deno.test("only the sender's server is asked by itself", () => {
  assert.ok(isAtServerOf("example.org", "https://example.org/x"));
  assert.ok(isAtServerOf("example.org", "https://upload.example.org:5281/x"));
  for (const url of ["https://example.org.evil.test/x", "https://evilexample.org/", "x", ""]) {
    assert.ok(!isAtServerOf("example.org", url), url);
  }
});

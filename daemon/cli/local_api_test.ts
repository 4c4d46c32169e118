import assert from "node:assert/strict";
import { doorProof } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { LocalApi } from "./local_api.ts";

const TOKEN = "t".repeat(43);

/** What a daemon hears of an upload: its length as announced, and what came. */
interface Heard {
  readonly length: string | null;
  readonly came: number;
}

/** A door that proves itself and swallows what is uploaded. */
async function withDoor(work: (api: LocalApi, heard: Heard[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-cli-upload-" });
  const held = await StateDirectory.open(folder);
  const heard: Heard[] = [];
  const answer = async (request: Request, port: number): Promise<Response> => {
    if (request.url.endsWith("/api/proof")) {
      const { nonce } = await request.json();
      return Response.json({ proof: doorProof(TOKEN, port, nonce) });
    }
    if (request.url.endsWith("/api/events")) {
      // A daemon that is killed: the answer has begun, and breaks off.
      const broken = new ReadableStream({
        start: (to) => to.enqueue(new TextEncoder().encode("event: x\ndata: {}\n")),
        pull: (to) => to.error(new Error("killed")),
      }, { highWaterMark: 2 });
      return new Response(broken);
    }
    const length = request.headers.get("content-length");
    const came = await request.arrayBuffer().then(({ byteLength }) => byteLength, () => -1);
    heard.push({ length, came });
    return Response.json({});
  };
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => answer(request, server.addr.port),
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    await writeApiFile(folder, { url, token: TOKEN, pid: Deno.pid });
    await work(await LocalApi.open(folder), heard);
  } finally {
    await server.shutdown();
    held.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("upload() announces how much comes, where that is known", () =>
  withDoor(async (api, heard) => {
    const pieces = () => ReadableStream.from([new Uint8Array(70_000), new Uint8Array(5)]);
    await api.upload("/api/files", {}, pieces(), 70_005);
    await api.upload("/api/files", {}, pieces());
    assert.deepEqual(heard, [{ length: "70005", came: 70_005 }, { length: null, came: 70_005 }]);
  }));

Deno.test("upload() of what is longer or shorter than announced fails, and no part of it counts", () =>
  withDoor(async (api, heard) => {
    for (const size of [9, 11]) {
      const bytes = ReadableStream.from([new Uint8Array(10)]);
      await assert.rejects(api.upload("/api/files", {}, bytes, size), { code: "file-changed" });
    }
    assert.equal(heard.some(({ came }) => came >= 0), false);
  }));

Deno.test("events of a daemon that was killed end with that, and not with an internal fault", () =>
  withDoor(async (api) => {
    const events = await api.events(new AbortController().signal);
    const follow = async () => {
      for await (const { type } of events) assert.equal(type, "x");
    };
    await assert.rejects(follow(), { code: "no-answer", message: "simppd ended." });
  }));

import assert from "node:assert/strict";
import { sleep } from "../base/mod.ts";

const FILES = 80;

/** The door of testbed.ts with few file descriptors; @returns its process and launch link */
async function doorWithFewFiles() {
  const program = new URL("./testbed.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n ${FILES}; exec "$0" run -A "$1"`, Deno.execPath(), program],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const link = (await reader.read()).value?.trim() ?? "";
  return { child, reader, link };
}

Deno.test("a flood of connections ends neither the door nor its address", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const { child, reader, link } = await doorWithFewFiles();
  try {
    const { origin, port } = new URL(link);
    const session = await fetch(`${origin}/api/session`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify({ launch: link.split("#launch=")[1] }),
    });
    const page = (await session.json()).page;
    const cookie = session.headers.get("set-cookie")!.split(";")[0]!;

    const flood: Deno.Conn[] = [];
    for (let i = 0; i < FILES; i++) {
      try {
        flood.push(await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }));
      } catch { /* it does not listen now */ }
    }

    // The connections are held on to: nobody but the door can let them go.
    const answers = async (headers: Record<string, string>, wanted: number) => {
      for (let tries = 0; tries < 100; tries++) {
        const signal = AbortSignal.timeout(1000);
        const reply = await fetch(`${origin}/api/status`, { headers, signal }).catch(() => null);
        await reply?.body?.cancel();
        if (reply?.status === wanted) return true;
        await sleep(100);
      }
      return false;
    };
    const old = { "sec-fetch-site": "same-origin", cookie, "x-simppd-page": page };
    assert.ok(await answers(old, 401), "whoever listened meanwhile may have the session");
    assert.ok(await answers({ authorization: `Bearer ${"t".repeat(43)}` }, 200));
    for (const one of flood) one.close();
  } finally {
    child.kill("SIGTERM");
    await reader.cancel();
    await child.status;
  }
});

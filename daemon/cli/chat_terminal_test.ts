import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import { writeApiFile } from "./api_file.ts";

const CIRCLE = "circle@rooms.fake.example";
const TOKEN = "t".repeat(43);
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

const hello: RoomMessageView = {
  id: "1",
  room: CIRCLE,
  kind: "chat",
  mine: false,
  nick: "Eve",
  sender: "eve",
  jid: "eve@fake.example",
  body: "hello from Eve",
  at: 1,
  mention: false,
  link: null,
  file: null,
  edited: false,
  encryption: "keystone",
  delivery: null,
  problem: null,
};

/** A pseudo-terminal is `script`'s (util-linux). */
async function hasScript(): Promise<boolean> {
  try {
    return (await new Deno.Command("script", { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

/** `simppd chat` in a process, before a fake app. @param tty at a terminal, else on pipes */
async function withChat(
  tty: boolean,
  work: (chat: {
    app: FakeApp;
    type(text: string): Promise<void>;
    /** All that was written once `wanted` is in it. */
    sees(wanted: RegExp): Promise<string>;
    ends(): Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  const state = await Deno.makeTempDir({ prefix: "simppd-chat-" });
  const app = new FakeApp();
  app.room = { ...app.room, jid: CIRCLE, name: "Circle", encryption: "keystone" };
  const dashboard = { html: "", script: "", style: "", scanner: "" };
  const held = await StateDirectory.open(state);
  const door = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance, dashboard });
  await writeApiFile(state, { url: door.url, token: TOKEN, pid: Deno.pid });
  const args = ["run", "--quiet", "-P=run", "--no-prompt", MAIN, "chat", CIRCLE, "--state", state];
  const line = [Deno.execPath(), ...args].map((word) => `'${word}'`).join(" ");
  const child = new Deno.Command(tty ? "script" : Deno.execPath(), {
    args: tty ? ["-qfec", `stty cols 40 rows 24; ${line}`, "/dev/null"] : args,
    env: { TERM: "xterm" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  let out = "";
  let more = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += text;
      more.resolve();
    }
  })();
  try {
    await work({
      app,
      type: (text) => writer.write(new TextEncoder().encode(text)),
      async sees(wanted) {
        const late = setTimeout(() => more.reject(new Error(`no ${wanted} in ${out}`)), 20_000);
        try {
          while (!wanted.test(out)) {
            await more.promise;
            more = Promise.withResolvers();
          }
          return out;
        } finally {
          clearTimeout(late);
        }
      },
      async ends() {
        await writer.close();
        return (await child.status).code;
      },
    });
  } finally {
    await writer.abort().catch(() => {});
    try {
      child.kill();
    } catch {
      // It ended.
    }
    await child.status;
    await reading;
    await door.close();
    held.close();
    await Deno.remove(state, { recursive: true });
  }
}

const noScript = !await hasScript();
if (noScript && Deno.env.get("CI") !== undefined) throw new Error("script (util-linux) is missing");
// deno-lint-ignore no-console -- a test that is left out says why
if (noScript) console.log("chat at a terminal is not tested: script (util-linux) is missing");

Deno.test("chat at a terminal draws the half-typed line again below what comes in", {
  ignore: noScript,
}, () =>
  withChat(true, async ({ app, type, sees, ends }) => {
    await sees(/epoch 7/);
    // Once this is answered, keys are read one by one.
    await type("/help\r");
    await sees(/ends this, not your membership/);
    // Longer than a row, so that several have to be drawn again.
    const half = "this half of a line is longer than a row of 40";
    await type(half);
    await sees(/of 40/);
    app.events.emit({ type: "room-message", data: hello });
    const out = await sees(/hello from Eve[^]*of 40/);
    // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
    const plain = (text: string) => text.replace(/\u001b\[[0-9;]*[A-Za-z]|\s/g, "");
    const after = out.slice(out.lastIndexOf("hello from Eve"));
    assert.equal(plain(after).endsWith(plain(half)), true, after);
    // deno-lint-ignore no-control-regex -- as above
    assert.match(out, /\u001b\[0?J[^\u001b]*<Eve>/, "it is cleared away before");
    await type(" goes on\r");
    await type("/quit\r");
    assert.equal(await ends(), 0);
    assert.deepEqual(app.asked.filter(([name]) => name === "sendToGroup"), [
      ["sendToGroup", CIRCLE, `${half} goes on`],
    ]);
  }));

Deno.test("chat on pipes stays plain", () =>
  withChat(false, async ({ app, type, sees, ends }) => {
    await type("first\nhalf");
    while (!app.asked.some(([name]) => name === "sendToGroup")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    app.events.emit({ type: "room-message", data: hello });
    const out = await sees(/hello from Eve/);
    assert.match(out, /^\d\d:\d\d <Alice> first\n\d\d:\d\d <Eve> hello from Eve\n$/);
    assert.equal(out.includes("\u001b"), false);
    await type(" a line\n");
    assert.equal(await ends(), 0);
    assert.deepEqual(
      app.asked.filter(([name]) => name === "sendToGroup").map(([, , body]) => body),
      [
        "first",
        "half a line",
      ],
    );
  }));

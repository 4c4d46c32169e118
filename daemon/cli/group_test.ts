import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { main } from "./command_line.ts";

const CIRCLE = "circle@rooms.fake.example";
const TOKEN = "t".repeat(43);

interface Outcome {
  code: number;
  out: string[];
  err: string[];
}

/** The command line before a fake app. @param typed lines of standard input */
async function withGroups(
  work: (
    ask: (args: string[], typed?: AsyncIterable<string>) => Promise<Outcome>,
    app: FakeApp,
  ) => Promise<void>,
): Promise<void> {
  const state = await Deno.makeTempDir({ prefix: "simppd-cli-group-" });
  const app = new FakeApp();
  const dashboard = { html: "", script: "", style: "", scanner: "" };
  const held = await StateDirectory.open(state);
  const door = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance, dashboard });
  try {
    await writeApiFile(state, { url: door.url, token: TOKEN, pid: Deno.pid });
    await work(async (args, typed) => {
      const out: string[] = [];
      const err: string[] = [];
      const code = await main([...args, "--state", state], {
        out: (line) => void out.push(line),
        err: (line) => void err.push(line),
        secret: () => Promise.resolve("what was typed"),
        rest: () => Promise.resolve("from standard input"),
        ...typed === undefined ? {} : { lines: () => typed },
      });
      return { code, out, err };
    }, app);
  } finally {
    await door.close();
    held.close();
    await Deno.remove(state, { recursive: true });
  }
}

Deno.test("group: every deed asks what it says, and others' names reach no terminal unescaped", () =>
  withGroups(async (ask, app) => {
    await ask(["group", "make", "Circle"]);
    await ask(["group", "invite", CIRCLE, "bob@fake.example", "--role", "listener"]);
    await ask(["group", "join", CIRCLE]);
    await ask(["group", "later", CIRCLE]);
    await ask(["group", "decline", CIRCLE]);
    await ask(["group", "expel", CIRCLE, "bob@fake.example"]);
    await ask(["group", "withdraw", CIRCLE, "bob@fake.example"]);
    await ask(["group", "role", CIRCLE, "bob@fake.example", "admin"]);
    const unsure = await ask(["group", "end", CIRCLE]);
    assert.equal(unsure.code, 2);
    assert.match(unsure.err.at(-1)!, /cannot be undone: --yes is missing/);
    assert.equal(app.asked.some(([deed]) => deed === "endGroup"), false);
    await ask(["group", "end", CIRCLE, "--yes"]);
    await ask(["group", "leave", CIRCLE, "--force"]);
    assert.deepEqual(app.asked, [
      ["createGroup", { name: "Circle" }],
      ["inviteToGroup", CIRCLE, "bob@fake.example", { role: "listener" }],
      ["joinGroup", CIRCLE],
      ["answerGroup", CIRCLE, "later"],
      ["answerGroup", CIRCLE, "decline"],
      ["expelFromGroup", CIRCLE, "bob@fake.example"],
      ["withdrawFromGroup", CIRCLE, "bob@fake.example"],
      ["setGroupRole", CIRCLE, "bob@fake.example", "admin"],
      ["endGroup", CIRCLE],
      ["leaveGroup", CIRCLE, true],
    ]);
    app.asked.length = 0;
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "PEM");
    await ask(["group", "join", CIRCLE, "--password", "--by", "people", "--ca", file]);
    await ask(["group", "make", "Lab", "--registrar", "a", "--certificate", file, "--key", file]);
    await Deno.remove(file);
    assert.deepEqual(app.asked, [
      ["joinGroup", CIRCLE, { registrar: "people", ca: "PEM", password: "what was typed" }],
      ["createGroup", {
        name: "Lab",
        registrars: ["a"],
        ticket: { certificate: "PEM", key: "PEM" },
      }],
    ]);
    const wrong = await ask(["group", "join", CIRCLE, "--certificate", file]);
    assert.match(wrong.err.at(-1)!, /--certificate goes with --key/);
    assert.match((await ask(["group", "end", CIRCLE, "--password"])).err.at(-1)!, /does not go/);

    const { out } = await ask(["group", "status", CIRCLE]);
    const text = out.join("\n");
    assert.match(text, /encrypted, in, epoch 7, 1 device, member/);
    assert.match(text, /keys kept by bob@fake\.example: it can read the group/);
    assert.match(text, /room run by rooms\.fake\.example: it sees who writes when/);
    assert.match(text, /not taken: 2 forged/);
    assert.equal(text.includes("\u202e"), false);
    assert.match((await ask(["group", "send", CIRCLE])).err.at(-1)!, /TEXT is missing/);
    assert.match((await ask(["group", "dance"])).err.at(-1)!, /not something group can do/);
    assert.match((await ask(["group", "status", "x@y"])).err.at(-1)!, /unknown-group/);
  }));

Deno.test("group send waits until the room has it, and says that it was encrypted", () =>
  withGroups(async (ask, app) => {
    const { code, out } = await ask(["group", "send", CIRCLE, "-"]);
    assert.deepEqual([code, out], [0, ["sent, encrypted"]]);
    assert.deepEqual(app.asked.at(-1), ["sendToGroup", CIRCLE, "from standard input"]);
  }));

Deno.test("group watch says that the group is encrypted, and does not watch one that is in clear", () =>
  withGroups(async (ask, app) => {
    app.room = { ...app.room, jid: CIRCLE };
    assert.match((await ask(["group", "watch", CIRCLE])).err.at(-1)!, /room-not-encrypted/);
    app.room = { ...app.room, encryption: "keystone" };
    const watching = ask(["group", "watch", CIRCLE]);
    const gone = setInterval(
      () => app.events.emit({ type: "room-removed", data: { jid: CIRCLE } }),
      50,
    );
    const { code, err } = await watching;
    clearInterval(gone);
    assert.equal(code, 0);
    assert.deepEqual(err, [
      `${CIRCLE} is encrypted: only its members, and who keeps its keys, can read it.`,
    ]);
  }));

Deno.test("chat sends each line by the question of its kind, and shows who is verified", () =>
  withGroups(async (ask, app) => {
    const { room } = app;
    app.room = { ...room, jid: CIRCLE, name: "Circle", encryption: "keystone" };
    const said: RoomMessageView = {
      id: "1",
      room: CIRCLE,
      kind: "chat",
      mine: false,
      nick: "Eve\u202e",
      sender: "eve",
      jid: "eve@fake.example",
      body: "hello",
      at: 1,
      mention: false,
      link: null,
      file: null,
      edited: false,
      encryption: "keystone",
      delivery: null,
      problem: null,
    };
    const [bob] = app.group.members;
    app.group = {
      ...app.group,
      members: [bob!, { ...bob!, jid: "eve@fake.example", trust: "unknown" }],
    };
    async function* typed() {
      yield "/who";
      yield "hello all";
      yield "//me waves";
      yield "/dance";
      app.events.emit({ type: "room-message", data: said });
      app.events.emit({
        type: "room-message",
        data: { ...said, id: "2", kind: "notice", body: "Epoch 8: Bob left, the key changed." },
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield "/quit";
      yield "not said";
    }
    const { code, out, err } = await ask(["chat", CIRCLE], typed());
    assert.equal(code, 0);
    assert.deepEqual(app.asked.filter(([name]) => name.startsWith("sendTo")), [
      ["sendToGroup", CIRCLE, "hello all"],
      ["sendToGroup", CIRCLE, "/me waves"],
    ]);
    const told = err.join("\n");
    assert.match(told, /Circle .*: encrypted, epoch 7/);
    assert.match(told, /bob@fake\.example\): owner, online, verified/);
    assert.match(told, /\/dance is no command/);
    const lines = out.join("\n");
    assert.match(lines, /<Eve.*> \[no contact of yours\] hello/);
    assert.match(lines, /\* Epoch 8: Bob left, the key changed\./);
    assert.equal(lines.includes("\u202e"), false);
  }));

Deno.test("chat of a room in clear says so first, and sends it as a room's", () =>
  withGroups(async (ask, app) => {
    async function* typed() {
      yield "in the open";
    }
    const { err } = await ask(["chat", app.room.jid], typed());
    assert.match(err[0]!, /NOT ENCRYPTED/);
    assert.deepEqual(app.asked.filter(([name]) => name.startsWith("send")), [
      ["sendToRoom", app.room.jid, "in the open"],
    ]);
  }));

Deno.test("chat writes nothing to a room that calls itself encrypted and has no keys here", () =>
  withGroups(async (ask, app) => {
    app.room = { ...app.room, encryption: "keystone" };
    async function* typed() {
      yield "anybody?";
    }
    const { code, err } = await ask(["chat", app.room.jid], typed());
    assert.equal(code, 1);
    assert.match(err.at(-1)!, /unknown-group/);
    assert.deepEqual(app.asked, []);
  }));

Deno.test("group join --spec reads a file, and a group is made for the suites that are named", () =>
  withGroups(async (ask, app) => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "simppd group specification 1");
    await ask(["group", "join", "--spec", file]);
    await ask(["group", "join", "--spec", "-"]);
    await ask(["group", "make", "Old", "--suite", "lsim-2003"]);
    await ask(["policy", "--group", CIRCLE, "lsim-2003"]);
    await ask(["policy", "--group", CIRCLE, "default"]);
    assert.deepEqual(app.asked, [
      ["joinSpecifiedGroup", "simppd group specification 1"],
      ["joinSpecifiedGroup", "from standard input"],
      ["createGroup", { name: "Old", suites: ["lsim-2003"] }],
      ["setGroupSuites", CIRCLE, ["lsim-2003"]],
      ["setGroupSuites", CIRCLE, null],
    ]);
    const shown = await ask(["policy", "--group", CIRCLE]);
    assert.deepEqual(shown.out, ["aes-256-gcm  (as in all groups)"]);
    const weak = await ask(["policy", "--groups", "lsim-2003"]);
    assert.match(weak.out[0]!, /weak/);
    for (
      const wrong of [
        ["group", "join", CIRCLE, "--spec", file],
        ["policy", "--groups", "--group", CIRCLE],
        ["policy", "default", "--groups"],
        ["policy", "--groups", "--contact", "bob@fake.example"],
      ]
    ) assert.equal((await ask(wrong)).code, 2, wrong.join(" "));
    const missing = await ask(["group", "join", "--spec", `${file}.not`]);
    assert.equal(missing.code, 1);
    assert.match(missing.err[0]!, /could not be read/);
    const unknown = await ask(["policy", "--group", "other@rooms.fake.example"]);
    assert.match(unknown.err[0]!, /none of your groups/);
    await Deno.remove(file);
  }));

Deno.test("group says what is wrong with what was typed, and asks the daemon nothing", () =>
  withGroups(async (ask, app) => {
    const cases: [args: string[], code: number, sentence: RegExp][] = [
      [["invite", CIRCLE, "bob@fake.example", "--role", "emperor"], 2, /--role is admin, member/],
      [["invite", CIRCLE, "bob@fake.example", "--role", "owner"], 2, /--role is admin, member/],
      [["role", CIRCLE, "bob@fake.example", "emperor"], 2, /ROLE is admin, .*not "emperor"/],
      [["send", CIRCLE, "  "], 1, /TEXT is empty: nothing was sent/],
      [["withdraw", CIRCLE], 2, /CONTACT is missing/],
      [["make", "X", "--key-server", "keys.example.org"], 2, /takes an address and a key/],
      [["status", "none@x.example"], 1, /none of your groups; see simppd group list/],
      [["expel", "none@x.example", "bob@fake.example"], 1, /none of your groups/],
      [["spec", "check", "/nowhere/x.spec"], 1, /could not be read: there is no such file/],
      [["spec", "check", "/"], 1, /could not be read: it is a folder/],
    ];
    for (const [args, code, sentence] of cases) {
      const plain = await ask(["group", ...args]);
      assert.equal(plain.code, code, args.join(" "));
      assert.match(plain.err.at(-1)!, sentence);
      const { out: [json] } = await ask(["group", ...args, "--json"]);
      assert.match(JSON.parse(json!).error.message, sentence);
    }
    assert.deepEqual(app.asked, []);
    const gone = await ask(["group", "expel", CIRCLE, "eve@fake.example"]);
    assert.match(gone.out[0]!, /was not in, and may not come in/);
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "rubbish");
    const wrong = await ask([
      "keyserver",
      "run",
      "--data",
      `${file}.d`,
      "--component",
      `k.x=@${file}`,
      "--spec",
      file,
    ]);
    assert.match(wrong.err.at(-1)!, /is no specification:\nA line "name = …" was expected/);
    const stranger = ["keyserver", "run", "--data", `${file}.d`, "--component", `k.x=@${file}`];
    assert.match((await ask([...stranger, "--for", "a@@b"])).err.at(-1)!, /--for takes a domain/);
    await assert.rejects(Deno.stat(`${file}.d`));
    await Deno.remove(file);
  }));

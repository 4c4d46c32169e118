import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { main } from "./command_line.ts";

const DEN = "den@rooms.fake.example";
const TOKEN = "t".repeat(43);

interface Outcome {
  code: number;
  out: string[];
  err: string[];
}

/** `simppd room …` before a fake app. */
async function withRooms(
  work: (
    ask: (args: string[], heard?: (line: string) => void) => Promise<Outcome>,
    app: FakeApp,
  ) => Promise<void>,
): Promise<void> {
  const state = await Deno.makeTempDir({ prefix: "simppd-cli-room-" });
  const app = new FakeApp();
  const dashboard = { html: "", script: "", style: "", scanner: "" };
  const held = await StateDirectory.open(state);
  const door = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance, dashboard });
  try {
    await writeApiFile(state, { url: door.url, token: TOKEN, pid: Deno.pid });
    await work(async (args, heard = () => {}) => {
      const out: string[] = [];
      const err: string[] = [];
      const code = await main(["room", ...args, "--state", state], {
        out: (line) => (out.push(line), heard(line)),
        err: (line) => (err.push(line), heard(line)),
        secret: () => Promise.resolve(""),
        rest: () => Promise.resolve("from standard input\n"),
      });
      return { code, out, err };
    }, app);
  } finally {
    await door.close();
    held.close();
    await Deno.remove(state, { recursive: true });
  }
}

Deno.test("room: a room is made only once one said that it is not encrypted", () =>
  withRooms(async (ask, app) => {
    const refused = await ask(["create", "Den", "--json"]);
    assert.equal(refused.code, 1);
    assert.equal(JSON.parse(refused.out[0]!).error.code, "room-not-encrypted");
    const { code, out } = await ask(["create", "Den", "--plain", "--server", "rooms.x.example"]);
    assert.equal(code, 0);
    assert.match(out[0]!, /^den@rooms\.fake\.example \(Den\): not encrypted, in, 2 there$/);
    const input = { name: "Den", server: "rooms.x.example", plain: true };
    assert.deepEqual(app.asked, [["createRoom", input]]);
    app.asked.length = 0;
    await ask(["create", "Den", "--plain", "--open", "--moderated", "--password-stdin"]);
    const options = { open: true, moderated: true, password: "from standard input" };
    assert.deepEqual(app.asked, [["createRoom", { name: "Den", plain: true, ...options }]]);
    assert.match(
      (await ask(["create", "Den", "--nick", "x"])).err.at(-1)!,
      /--nick does not go with/,
    );
    assert.match((await ask(["kick", DEN])).err.at(-1)!, /NICK is missing/);
    assert.match((await ask(["dance"])).err.at(-1)!, /not something room can do/);
  }));

Deno.test("room: every deed asks what it says, and others' names reach no terminal unescaped", () =>
  withRooms(async (ask, app) => {
    await ask(["join", DEN, "--plain", "--nick", "Al", "--password-stdin"]);
    await ask(["accept", DEN, "--plain"]);
    await ask(["invite", DEN, "bob@fake.example", "--reason", "tea"]);
    await ask(["kick", DEN, "Bob", "--reason", "manners"]);
    await ask(["ban", DEN, "bob@fake.example"]);
    await ask(["affiliation", DEN, "bob@fake.example", "admin"]);
    await ask(["subject", DEN, "Tea"]);
    await ask(["destroy", DEN]);
    await ask(["leave", DEN]);
    assert.deepEqual(app.asked, [
      ["joinRoom", { jid: DEN, nick: "Al", password: "from standard input", plain: true }],
      ["answerRoom", DEN, { answer: "accept", plain: true }],
      ["inviteToRoom", DEN, "bob@fake.example", "tea"],
      ["changeRoomMember", DEN, { nick: "Bob", role: "none", reason: "manners" }],
      ["changeRoomMember", DEN, { jid: "bob@fake.example", affiliation: "outcast" }],
      ["changeRoomMember", DEN, { jid: "bob@fake.example", affiliation: "admin" }],
      ["changeRoom", DEN, { subject: "Tea" }],
      ["destroyRoom", DEN, undefined],
      ["leaveRoom", DEN],
    ]);
    const { out } = await ask(["members", DEN]);
    assert.deepEqual(out, ["Bob\\u{202e} bob@fake.example: online, member, participant"]);
    const wrong = await ask(["affiliation", DEN, "bob@fake.example", "king", "--json"]);
    assert.equal(JSON.parse(wrong.out[0]!).error.code, "bad-input");
  }));

Deno.test("room send waits until the room has it; room watch prints what is said, then ends", () =>
  withRooms(async (ask, app) => {
    assert.deepEqual((await ask(["send", DEN, "hello"])).out, ["sent, not encrypted"]);
    const begun = Promise.withResolvers<void>();
    const watching = ask(["watch", DEN], () => begun.resolve());
    await begun.promise;
    const message: RoomMessageView = {
      id: "1",
      room: DEN,
      kind: "chat",
      mine: false,
      nick: "Mallory\n",
      sender: "x",
      jid: null,
      body: "\u001b[31mred",
      at: 0,
      mention: false,
      encryption: "none",
      link: null,
      file: null,
      edited: false,
      delivery: null,
      problem: null,
    };
    app.events.emit({ type: "room-message", data: { ...message, room: "other@rooms.example" } });
    app.events.emit({ type: "room-message", data: message });
    const corrected = { ...message, body: "blue", edited: true, link: "https://x.example/" };
    app.events.emit({ type: "room-message", data: corrected });
    app.events.emit({ type: "room-removed", data: { jid: DEN } });
    const { code, out } = await watching;
    assert.equal(code, 0);
    assert.deepEqual(out, [
      "1970-01-01T00:00:00.000Z <Mallory\\u{a}> \\u{1b}[31mred",
      "1970-01-01T00:00:00.000Z <Mallory\\u{a}> blue (corrected) [https://x.example/]",
    ]);
    assert.equal((await ask(["watch", "nowhere@rooms.example"])).code, 1);
  }));

Deno.test("room: an encrypted group is called one in the list, and neither watched nor read as in clear", () =>
  withRooms(async (ask, app) => {
    app.room = { ...app.room, encryption: "keystone" };
    const [line] = (await ask(["list"])).out;
    assert.match(line!, /: encrypted group, see simppd group, in/);
    for (const deed of ["watch", "messages"]) {
      const { code, err, out } = await ask([deed, DEN]);
      assert.equal(code, 1);
      assert.match(err.join("\n"), /^error: .* is an encrypted group.*\(room-is-group\)$/);
      assert.deepEqual(out, []);
    }
  }));

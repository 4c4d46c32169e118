import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { main, verbs } from "./command_line.ts";
import { OutputClosed } from "./terminal.ts";
import type { Io } from "./verb.ts";

interface Outcome {
  code: number;
  out: string[];
  err: string[];
}

async function simppd(args: readonly string[], input = ""): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    secret: () => Promise.resolve(input),
    rest: () => Promise.resolve(input),
  };
  return { code: await main(args, io), out, err };
}

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "simppd-cli-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TOKEN = "t".repeat(43);

/** A door with a fake app behind it, found through api.json as a daemon's would be. */
function withDaemon(
  work: (ask: (args: string[], input?: string) => Promise<Outcome>, app: FakeApp) => Promise<void>,
) {
  return inFolder(async (state) => {
    const app = new FakeApp();
    const dashboard = { html: "", script: "", style: "", scanner: "" };
    const { instance } = app;
    const held = await StateDirectory.open(state);
    const door = await startHttp({ app, port: 0, token: TOKEN, instance, dashboard });
    try {
      await writeApiFile(state, { url: door.url, token: TOKEN, pid: Deno.pid });
      await work((args, input) => simppd([...args, "--state", state], input), app);
    } finally {
      await door.close();
      held.close();
    }
  });
}

Deno.test("words that are not understood end with 2 and the right usage", () =>
  inFolder(async (state) => {
    const wrong: [string[], string][] = [
      [["frobnicate"], "not a verb"],
      [["send"], "JID is missing"],
      [["send", "a@b"], "TEXT is missing"],
      [["send", "a@b", "x", "y"], "one word too many"],
      [["send", "a@b", "x", "--wait", "read"], "sent or delivered"],
      [["send", "a@b", "x", "--timeout", "0"], "from 1 to 3600"],
      [["contact", "dance"], "not something contact can do"],
      [["contact", "rename", "a@b"], "NAME is missing"],
      [["contact", "list", "--name", "x"], "--name goes with contact add"],
      [["account", "join"], "LINK is missing"],
      [["account", "carry", "--reach", "moon"], "reach is"],
      [["account", "carry", "--pin", "x"], "--pin does not go with"],
      [["call"], "is missing"],
      [["call", "dance"], "neither a JID nor"],
      [["call", "list", "--fps", "5"], "camera options"],
      [["call", "a@b", "--fps", "1000"], "from 1 to 120"],
      [["call", "a@b", "--size", "big"], "WIDTHxHEIGHT"],
      [["run", "--port", "70000"], "from 0 to 65535"],
      [["run", "now"], "one word too many"],
      [["device", "start-anew"], "say --yes"],
      [["device", "list", "--yes"], "goes with device start-anew"],
      [["demo", "--seconds", "x"], "whole number"],
      [["demo", "--size", "1"], "WIDTHxHEIGHT"],
      [["server"], "is missing"],
      [["server", "dance"], "not something server can do"],
      [["server", "run"], "--data DIR is missing"],
      [["server", "run", "--data", "d"], "--domain DOMAIN is missing"],
      [["server", "run", "--from", "x"], "--from does not go with server run"],
      [["server", "run", "now"], "one word too many"],
      [["server", "run", "--port", "70000"], "from 0 to 65535"],
      [["server", "run", "--certificate", "c"], "go together"],
      [["server", "run", "--component", "a.b=secret"], "DOMAIN=@FILE"],
      [["server", "run", "--component-port", "1"], "goes with --component"],
      [["server", "run", "--database", "file.db"], "mysql://"],
      [["server", "run", "--no-starttls", "--starttls-port", "1"], "does not go with"],
      [["server", "run", "--no-archive", "--archive-days", "1"], "goes with neither"],
      [["server", "run", "--no-https", "--https-port", "1"], "does not go with"],
      [["server", "run", "--https-url", "http://x.test"], "such as https://"],
      [["server", "run", "--web-origin", "https://x.test/"], "an origin"],
      [["server", "run", "--turn", "turn.test=@file"], "HOST:PORT=@FILE"],
      [["server", "run", "--address", "a b"], "HOST or HOST:PORT"],
      [["server", "run", "--data", "d", "--domain", "x", "--login", "x"], "simpp-2009"],
      [["server", "stats", "--port", "1"], "--port does not go with server stats"],
      [["server", "user"], "is missing"],
      [["server", "user", "add"], "NAME is missing"],
      [["server", "user", "dance"], 'not "dance"'],
      [["server", "invite", "--days", "0"], "from 1 to 366"],
      [["server", "room", "create", "tea"], "--owner NAME is missing"],
      [["server", "room", "list", "--owner", "x"], "goes with server room create"],
      [["server", "user", "remove", "al"], "--yes is missing"],
      [["server", "user", "list", "--yes"], "--yes goes with server user remove"],
      [["server", "room", "remove", "tea"], "--yes is missing"],
      [["server", "room", "list", "--open"], "--open goes with server room create"],
      [["server", "ban"], "list or lift is missing"],
      [["server", "ban", "lift"], "ADDRESS is missing"],
      [["server", "backup"], "FILE is missing"],
    ];
    for (const [args, words] of wrong) {
      const { code, out, err } = await simppd([...args, "--state", state]);
      assert.equal(code, 2, args.join(" "));
      assert.deepEqual(out, []);
      // Last, below the usage.
      const [usage, error] = err as [string, string];
      assert.ok(error.startsWith("error: ") && error.endsWith(" (usage)"), error);
      assert.ok(error.includes(words), error);
      const verb = verbs.find(({ name }) => name === args[0]);
      if (verb) assert.ok(usage.includes(`simppd ${verb.name}`), usage);
    }
  }));

Deno.test("no verb takes an option it does not know", async () => {
  for (const { name } of verbs) {
    const { code, err } = await simppd([name, "--frobnicate"]);
    assert.equal(code, 2, name);
    assert.ok(err.at(-1)!.includes("--frobnicate"), err.at(-1)!);
  }
});

Deno.test("what is removed for good is asked about where somebody sits, and a no removes nothing", async () => {
  const asked: string[] = [];
  const err: string[] = [];
  const nothing = () => Promise.resolve("");
  const io: Io = {
    out: () => {},
    err: (line) => err.push(line),
    secret: nothing,
    rest: nothing,
    confirm: (question) => asked.push(question) < 1,
  };
  assert.equal(await main(["server", "room", "remove", "tea", "--data", "absent"], io), 1);
  assert.deepEqual(asked, ["Remove the room tea?"]);
  assert.match(err[0]!, /\(not-removed\)$/);
});

Deno.test("a new password is asked for twice where it is typed, once where it is piped", async () => {
  const ask = async (verb: string[], said: string[], typed: boolean) => {
    const err: string[] = [];
    const prompts: string[] = [];
    const io: Io = {
      out: () => {},
      err: (line) => err.push(line),
      secret: (prompt) => {
        prompts.push(prompt);
        return Promise.resolve(said.shift() ?? "");
      },
      rest: () => Promise.resolve(""),
      typed,
    };
    await inFolder(async (folder) => {
      const data = verb[0] === "server" ? "--data" : "--state";
      assert.equal(await main([...verb, data, `${folder}/absent`], io), 1);
    });
    return { prompts, err: err[0]! };
  };
  for (
    const [verb, first] of [
      [["server", "user", "add", "ann"], "Password of ann: "],
      [["server", "user", "password", "ann"], "Password of ann: "],
      [["account", "password"], "New password: "],
    ] as const
  ) {
    const differ = await ask([...verb], ["one and only", "one amd only"], true);
    assert.deepEqual(differ.prompts, [first, "The same again: "]);
    assert.match(differ.err, /differ; nothing was changed.*\(bad-input\)$/);
    // What comes next is that no server runs there: the password was taken.
    const same = await ask([...verb], ["one and only", "one and only"], true);
    assert.equal(same.prompts.length, 2);
    assert.doesNotMatch(same.err, /bad-input/);
    const piped = await ask([...verb], ["one and only"], false);
    assert.deepEqual(piped.prompts, [first]);
    assert.doesNotMatch(piped.err, /bad-input/);
  }
});

Deno.test("of a verb that does much only the usage of what was asked is shown", async () => {
  const { err: [usage] } = await simppd(["server", "room", "create"]);
  assert.match(usage!, /server room create NAME --owner NAME/);
  assert.doesNotMatch(usage!, /server (run|user|backup)/);
});

Deno.test("a password is never taken from the command line", async () => {
  const { code } = await simppd(["account", "sign-in", "a@b", "--password", "x"]);
  assert.equal(code, 2);
});

Deno.test("every verb says how it is used", async () => {
  for (const { name, usage } of verbs) {
    const { code, out } = await simppd([name, "--help"]);
    assert.equal(code, 0);
    assert.ok(out[0]!.includes(usage[0]!), name);
    assert.deepEqual((await simppd(["help", name])).out, out);
  }
  const { out: [overview] } = await simppd([]);
  for (const { name, summary } of verbs) {
    assert.ok(overview!.includes(name) && overview!.includes(summary));
  }
  const { code, out } = await simppd(["version", "--json"]);
  assert.equal(code, 0);
  assert.match(JSON.parse(out[0]!).simppd, /^\d+\.\d+\.\d+$/);
});

Deno.test("without a daemon, verbs say that none is running and how to start one", () =>
  inFolder(async (state) => {
    const asking = [["account"], ["invite"], ["contact", "list"], ["send", "a@b", "x"], ["open"]];
    const none = async (args: string[]) => {
      const { code, out, err } = await simppd([...args, "--json", "--state", state]);
      assert.equal(code, 1, args.join(" "));
      assert.equal(JSON.parse(out[0]!).error.code, "not-running");
      assert.match(err[0]!, /^error: .*simppd run.* \(not-running\)$/);
    };
    for (const args of asking) await none(args);

    // Left over by a daemon that was killed: nobody listens there any more.
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = gone.addr;
    gone.close();
    await writeApiFile(state, { url: `http://127.0.0.1:${port}`, token: TOKEN, pid: 1 });
    for (const args of asking) await none(args);

    for (const damaged of ["{", "null", `{"url":"http://evil.example","token":"t","pid":1}`]) {
      await Deno.writeTextFile(`${state}/api.json`, damaged);
      await none(["account"]);
    }
    const { code, out } = await simppd(["doctor", "--json", "--state", state]);
    const checks: { check: string; ok: boolean }[] = JSON.parse(out[0]!);
    assert.equal(code, checks.every(({ ok }) => ok) ? 0 : 1);
    assert.deepEqual(checks.map(({ check }) => check), ["daemon", "ffmpeg"]);
  }));

/** What listens where api.json says, and is no simppd: @returns all that it was sent */
async function withImpostor(
  answer: (nonce: string) => Promise<string>,
  work: (port: number) => Promise<void>,
): Promise<string> {
  let heard = "";
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.text();
    heard += `${request.method} ${request.url} ${JSON.stringify([...request.headers])} ${body}\n`;
    return new Response(await answer(body));
  });
  try {
    await work(server.addr.port);
  } finally {
    await server.shutdown();
  }
  return heard;
}

Deno.test("after a killed daemon nothing is said to who listens on its port", () =>
  inFolder(async (state) => {
    const heard = await withImpostor(() => Promise.resolve("{}"), async (port) => {
      (await StateDirectory.open(state)).close();
      await writeApiFile(state, { url: `http://127.0.0.1:${port}`, token: TOKEN, pid: 1 });
      const args = ["account", "sign-in", "a@b", "--json", "--state", state];
      const { code, out } = await simppd(args, "password");
      assert.equal(code, 1);
      assert.equal(JSON.parse(out[0]!).error.code, "not-running");
    });
    assert.equal(heard, "");
  }));

Deno.test("what cannot prove that it knows the token is told neither token nor request", () =>
  inFolder(async (state) => {
    const held = await StateDirectory.open(state);
    const app = new FakeApp();
    const dashboard = { html: "", script: "", style: "", scanner: "" };
    const real = await startHttp({ app, port: 0, token: TOKEN, instance: "x", dashboard });
    const relay = async (body: string) => {
      const headers = { "content-type": "application/json" };
      return await (await fetch(`${real.url}/api/proof`, { method: "POST", headers, body })).text();
    };
    try {
      for (
        const answer of [
          relay, // passed on to the door that does know it
          () => Promise.resolve(JSON.stringify({ proof: "x".repeat(43) })),
          () => Promise.resolve("null"),
          () => Promise.resolve("x".repeat(1 << 20)),
        ]
      ) {
        const heard = await withImpostor(answer, async (port) => {
          await writeApiFile(state, { url: `http://127.0.0.1:${port}`, token: TOKEN, pid: 1 });
          const args = ["account", "sign-in", "a@b", "--json", "--state", state];
          const { code, out } = await simppd(args, "password");
          assert.equal(code, 1);
          assert.equal(JSON.parse(out[0]!).error.code, "not-running");
        });
        assert.match(heard, /^POST \S+\/api\/proof /);
        assert.ok(!heard.includes(TOKEN) && !heard.includes("password"), heard);
      }
    } finally {
      await real.close();
      held.close();
    }
  }));

Deno.test("what a terminal would obey is shown escaped, but not in JSON", () =>
  withDaemon(async (ask, app) => {
    const name = "\x1b]0;owned\x07Bob\nmallory@x (Eve): online\u202e\u009b2J";
    app.contact = { ...app.contact, name };
    app.ring = { ...app.ring, detail: "gone\r\x1b[2J" };
    const { out: [list] } = await ask(["contact", "list"]);
    assert.equal(
      list,
      "bob@fake.example (\\u{1b}]0;owned\\u{7}Bob\\u{a}mallory@x (Eve): online\\u{202e}\\u{9b}2J): " +
        "online, subscription both, first-use",
    );
    assert.equal(JSON.parse((await ask(["contact", "list", "--json"])).out[0]!)[0].name, name);
    assert.match((await ask(["call", "list"])).out[0]!, /\(gone\\u\{d\}\\u\{1b\}\[2J\)$/);
    const { err } = await ask(["contact", "block", "a\nb\x1b[2J@x"]);
    assert.match(err[0]!, /a\\u\{a\}b\\u\{1b\}\[2J@x is not a contact/);
  }));

Deno.test("the token's file is its owner's alone, even where an open one was left", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (state) => {
    await Deno.writeTextFile(`${state}/api.json`, "old", { mode: 0o644 });
    await Deno.writeTextFile(`${state}/api.json.new`, "old", { mode: 0o644 });
    await writeApiFile(state, { url: "http://127.0.0.1:1", token: TOKEN, pid: 1 });
    assert.equal((await Deno.stat(`${state}/api.json`)).mode! & 0o777, 0o600);
  }));

Deno.test("account says how it is signed in, and whether both sides proved themselves", () =>
  withDaemon(async (ask) => {
    const { out } = await ask(["account"]);
    assert.match(out.join("\n"), /^signed in by SIMPP-1 \(simpp-modern\), both sides proved$/m);
  }));

Deno.test("verbs ask the daemon for what they say", () =>
  withDaemon(async (ask, app) => {
    const bob = "bob@fake.example";
    const cases: [string[], [string, ...unknown[]]][] = [
      [["account", "carry", "--nick", "Al"], ["carry", { nick: "Al", reach: "this-machine" }]],
      [["account", "carry", "--nick", "羅", "--username", "luo"], ["carry", {
        nick: "羅",
        reach: "this-machine",
        username: "luo",
      }]],
      [["account", "join", "L", "--nick", "Al"], ["join", { link: "L", nick: "Al" }]],
      [["account", "join", "-", "--nick", "Al"], ["join", { link: "typed", nick: "Al" }]],
      [["account", "sign-in", "al@x", "--server", "h:1"], ["signIn", {
        jid: "al@x",
        password: "typed",
        nick: "al",
        server: "h:1",
      }]],
      [["account", "reach", "network"], ["setReach", "network"]],
      [["account", "reach", "network", "--address", "a.b"], ["setReach", "network", "a.b"]],
      [["account", "reach", "network", "--address="], ["setReach", "network", ""]],
      [["account", "password"], ["setPassword", "typed"]],
      [["invite"], ["invite"]],
      [["invite", "--note", "for Bob"], ["invite", "for Bob"]],
      [["invite", "revoke", "a/b"], ["revokeInvitation", "a/b"]],
      [["contact", "add", bob, "--name", "B"], ["addContact", { jid: bob, name: "B" }]],
      [["contact", "accept", bob], ["changeContact", bob, { accept: true }]],
      [["contact", "rename", bob, "B"], ["changeContact", bob, { name: "B" }]],
      [["contact", "block", bob], ["changeContact", bob, { blocked: true }]],
      [["contact", "unblock", bob], ["changeContact", bob, { blocked: false }]],
      [["contact", "remove", bob], ["removeContact", bob]],
      [["contact", "clear", bob], ["forgetChat", bob]],
      [["contact", "forget", bob], ["forgetContact", bob]],
      [["unlock"], ["unlock", { passphrase: "typed" }]],
      [["lock"], ["lock"]],
      [["passphrase", "set"], ["setPassphrase", { passphrase: "typed" }]],
      [["passphrase", "remove"], ["removePassphrase", { current: "typed" }]],
      [["keyring", "use"], ["useKeyring", {}]],
      [["keyring", "leave"], ["leaveKeyring"]],
      [["contact", "verify", bob, "123"], ["verify", bob, { number: "123" }]],
      [["contact", "trust", bob], ["decideChange", bob, true]],
      [["contact", "distrust", bob], ["decideChange", bob, false]],
      [["policy", "simpp-pq"], ["setPolicy", null, ["simpp-pq"]]],
      [["policy", "default", "--contact", bob], ["setPolicy", bob, null]],
      [["policy", "--groups", "aes-256-gcm", "lsim-2003"], [
        "setGroupSuites",
        null,
        ["aes-256-gcm", "lsim-2003"],
      ]],
      [["policy", "--verified-only", "on"], ["setBlindTrust", false]],
      [["archive", "default", "roster"], ["setArchive", {
        default: "roster",
        always: [],
        never: ["eve@x.example"],
      }]],
      [["archive", "always", "eve@x.example"], ["setArchive", {
        default: "roster",
        always: ["eve@x.example"],
        never: [],
      }]],
      [["archive", "usual", "eve@x.example"], ["setArchive", {
        default: "roster",
        always: [],
        never: [],
      }]],
      [["policy", "--tell-seen", "on"], ["setTellSeen", true]],
      [["policy", "--relay-only", "on"], ["setCallRoute", "relay-only"]],
      [["policy", "--relay-only", "off"], ["setCallRoute", "any"]],
      [["device", "approve", "ab"], ["approveDevice", "ab"]],
      [["device", "deny", "ab"], ["denyDevice", "ab"]],
      [["device", "confirm", "12345", "67890"], ["confirmDevice", "12345 67890"]],
      [["device", "differ"], ["refuseDevice"]],
      [["device", "remove", "ab"], ["removeDevice", "ab"]],
      [["device", "ask"], ["askAgain"]],
      [["device", "start-anew", "--yes"], ["startAnew"]],
      [["call", bob, "--fps", "5"], ["startCall", bob, { fps: 5 }]],
      [["call", "accept", "--camera", "off"], ["acceptCall", "call-1", { camera: "off" }]],
      [["call", "later"], ["laterCall", "call-1"]],
      [["call", "decline", "call-1"], ["declineCall", "call-1"]],
      [["call", "hangup", "call-1"], ["hangUp", "call-1"]],
    ];
    for (const [args, asked] of cases) {
      app.asked.length = 0;
      const { code, out, err } = await ask([...args, "--json"], "typed");
      assert.equal(code, 0, `${args.join(" ")}: ${err[0]}`);
      assert.equal(out.length, 1);
      JSON.parse(out[0]!);
      assert.deepEqual(app.asked, [asked]);
    }
    for (
      const args of [["account"], ["contact", "list"], ["contact", "verify", bob], ["doctor"]]
    ) assert.equal((await ask(args)).code, 0, args.join(" "));
    const { out: [link] } = await ask(["open", "--no-open"]);
    assert.match((await ask(["open", "--no-open", "--kiosk"])).out[0]!, /#launch=[\w-]+&kiosk$/);
    assert.match(link!, /^http:\/\/127\.0\.0\.1:\d+\/#launch=/);
    assert.equal((await ask(["call", "hangup"])).code, 1); // ringing: nothing to hang up
  }));

Deno.test("invite list shows whose invitations can be used, and until when", () =>
  withDaemon(async (ask, app) => {
    app.openInvitations = [
      { id: "00aa", inviter: "al@x", expires: 0, note: "for Bob", link: null },
      { id: "11bb", inviter: null, expires: 1000, note: "", link: null },
    ];
    assert.equal(
      (await ask(["invite", "list"])).out[0],
      "00aa (for Bob): until 1970-01-01T00:00:00.000Z, of al@x\n" +
        "11bb: until 1970-01-01T00:00:01.000Z, of the server's",
    );
    app.openInvitations = [];
    assert.equal((await ask(["invite", "list"])).out[0], "no invitation is open");
    assert.equal((await ask(["invite", "lift"])).code, 2);
  }));

Deno.test("send waits until the message is as far as wanted, and fails when it fails", () =>
  withDaemon(async (ask) => {
    const delivery = async (...more: string[]) => {
      const { out, code } = await ask(["send", "bob@fake.example", ...more, "--json"], "typed");
      assert.equal(code, 0);
      return JSON.parse(out[0]!);
    };
    assert.equal((await delivery("hello")).delivery, "sent");
    assert.equal((await delivery("hello", "--wait", "delivered")).delivery, "delivered");
    assert.equal((await delivery("-")).body, "typed");
    const { code, err } = await ask(["send", "bob@fake.example", "fails"]);
    assert.equal(code, 1);
    assert.equal(err[0], "error: The key changed. (not-trusted)");
    const keyless = await ask(["send", "bob@fake.example", "has no keys"]);
    assert.equal(keyless.code, 1);
    assert.match(keyless.err[0]!, /simppd contact plain bob@fake\.example \(no-keys\)$/);
  }));

Deno.test("an error of the daemon keeps its code and sentence", () =>
  withDaemon(async (ask) => {
    const { code, out } = await ask(["call", "status", "other", "--json"]);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out[0]!), {
      error: { code: "unknown-call", message: "There is no call other." },
    });
  }));

Deno.test("policy shows all that is set, and what holds for one contact", () =>
  withDaemon(async (ask, app) => {
    const bob = "bob@fake.example";
    assert.deepEqual((await ask(["policy"])).out, [
      "everybody: simpp-pq simpp-modern\ngroups: aes-256-gcm\nwrites to all contacts\ntells nobody what was read\ncalls by any way",
    ]);
    const { out: [asAll] } = await ask(["policy", "--contact", bob]);
    assert.equal(asAll, "simpp-pq simpp-modern  (as with everybody)");
    const trust = { ...app.contact.trust, policy: ["simpp-2009" as const], ownPolicy: true };
    app.contact = { ...app.contact, trust };
    app.change = { blindTrust: false };
    const { out: [all] } = await ask(["policy", "--json"]);
    assert.deepEqual(JSON.parse(all!), {
      contact: null,
      suites: ["simpp-pq", "simpp-modern"],
      groupSuites: ["aes-256-gcm"],
      groups: [],
      verifiedOnly: true,
      tellSeen: false,
      calls: "any",
      contacts: [{ contact: bob, suites: ["simpp-2009"] }],
    });
    assert.match((await ask(["policy"])).out[0]!, /^bob@fake.example: simpp-2009$/m);
    assert.equal((await ask(["policy", "--contact", bob])).out[0], "simpp-2009");
    assert.equal((await ask(["policy", "--contact", "no@x"])).code, 1);
  }));

Deno.test("a locked daemon says so, and how it is unlocked", () =>
  withDaemon(async (ask, app) => {
    app.change = { locked: true, account: null, state: "none" };
    const { code, out } = await ask(["account"]);
    assert.equal(code, 1);
    assert.match(out[0]!, /locked.*simppd unlock/s);
    assert.equal(JSON.parse((await ask(["account", "--json"])).out[0]!).locked, true);
  }));

Deno.test("doctor says where the dashboard is", () =>
  withDaemon(async (ask) => {
    const { out: [text] } = await ask(["doctor"]);
    assert.match(text!, /^ok {3}dashboard: on http:\/\/127\.0\.0\.1:\d+,/m);
  }));

Deno.test("taking a device off and starting anew say what follows", () =>
  withDaemon(async (ask, app) => {
    assert.match((await ask(["device", "remove", "ab"])).out[0]!, /can still log in/);
    assert.match((await ask(["device", "start-anew", "--yes"])).out[0]!, /new key.*compare/s);
    const { devices } = app.status();
    app.change = { devices: { ...devices, state: "unlinked", absence: "denied" } };
    assert.match((await ask(["device", "list"])).out[0]!, /denied.*simppd device ask/s);
    app.change = { devices: { ...devices, state: "unlinked", absence: "removed" } };
    assert.match((await ask(["device", "list"])).out[0]!, /taken off.*simppd device ask/s);
  }));

Deno.test("restore says that the server of the backup must not run twice", () =>
  withDaemon(async (ask, app) => {
    const file = await Deno.makeTempFile();
    try {
      const alone = await ask(["restore", file]);
      assert.doesNotMatch(alone.out.join("\n"), /old machine/);
      const status = app.status();
      const server = { domain: "a.test", host: "127.0.0.1", port: 5223, pin: "p" };
      app.restore = () => Promise.resolve({ ...status, server });
      const { out } = await ask(["restore", file]);
      assert.match(out.join("\n"), /do not run it on the old machine/);
    } finally {
      await Deno.remove(file);
    }
  }));

Deno.test("where nobody reads the output any more, nothing is said", async () => {
  const err: string[] = [];
  const io: Io = {
    out: () => {
      throw new OutputClosed();
    },
    err: (line) => err.push(line),
    secret: () => Promise.resolve(""),
    rest: () => Promise.resolve(""),
  };
  assert.equal(await main(["help"], io), 0);
  assert.equal(await main(["nonsense", "--json"], io).catch(() => "thrown"), 0);
  assert.deepEqual(err, []);
});

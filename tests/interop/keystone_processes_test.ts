import assert from "node:assert/strict";
import { join } from "node:path";
import { authority, issued } from "../../daemon/app/keystone/testing_certificates.ts";
import { main } from "../../daemon/cli/mod.ts";
import type { ContactView, GroupView, RoomMessageView } from "../../daemon/views/mod.ts";
import { Daemon, until } from "../daemon.ts";
import { Running } from "../running.ts";

const DOMAIN = "chat.test", KEYS = `keys.${DOMAIN}`, APART = `apart.${DOMAIN}`;
const REGISTRAR = `registrar.${DOMAIN}`;

// deno-lint-ignore no-explicit-any -- JSON, whatever a verb answers
type Said = any;

/** A verb of simppd in this process, as a script uses it. */
async function simppd(
  args: readonly string[],
  input = "",
): Promise<{ code: number; answer: Said }> {
  const out: string[] = [];
  const code = await main([...args, "--json"], {
    out: (line) => out.push(line),
    err: () => {},
    secret: () => Promise.resolve(input),
    rest: () => Promise.resolve(input),
  });
  return { code, answer: JSON.parse(out[0] ?? "null") };
}

/** Somebody's daemon, asked on the command line. */
class Person implements AsyncDisposable {
  readonly name: string;
  daemon: Daemon;

  constructor(name: string, daemon: Daemon) {
    this.name = name;
    this.daemon = daemon;
  }

  async back(): Promise<void> {
    this.daemon = await Daemon.start(this.daemon.state);
    await until(
      `${this.name} online`,
      async () => (await this.daemon.status()).state === "online" || undefined,
    );
  }

  get jid(): string {
    return `${this.name}@${DOMAIN}`;
  }

  asks(args: readonly string[], input?: string) {
    return simppd([...args, "--state", this.daemon.state], input);
  }

  /** @throws AssertionError when it is refused */
  async does(args: readonly string[], input?: string): Promise<Said> {
    const { code, answer } = await this.asks(args, input);
    assert.equal(code, 0, `${this.name}: ${args.slice(0, 2).join(" ")}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async refused(args: readonly string[], input?: string): Promise<string> {
    const { code, answer } = await this.asks(args, input);
    assert.equal(code, 1, JSON.stringify(answer));
    return answer.error.code;
  }

  group(jid: string): Promise<GroupView> {
    return this.does(["group", "status", jid]);
  }

  async texts(jid: string): Promise<string[]> {
    const path = `/api/rooms/${encodeURIComponent(jid)}/messages`;
    const messages = await this.daemon.ask<RoomMessageView[]>("GET", path);
    return messages.map(({ body }) => body);
  }

  hears(jid: string, text: string): Promise<true> {
    return until(
      `${this.name} to read "${text}"`,
      async () => (await this.texts(jid)).some((each) => each.includes(text)) || undefined,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.daemon[Symbol.asyncDispose]();
  }
}

/** Invites and lets somebody come in. */
async function bring(host: Person, guest: Person, jid: string, ...how: string[]): Promise<void> {
  await host.does(["group", "invite", jid, guest.jid]);
  await until("the invitation", async () => {
    const groups: GroupView[] = await guest.does(["group", "list"]);
    return groups.find((one) => one.jid === jid && one.state === "invited");
  });
  const joined = await guest.does(["group", "join", jid, ...how], "a password of hers");
  assert.equal(joined.state, "in");
}

Deno.test({
  name:
    "each in a process: a server with its key server, another apart with three registrars, daemons",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const root = await Deno.makeTempDir({ prefix: "simppd-keystone-" });
    try {
      await play(root);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

async function play(root: string): Promise<void> {
  const file = async (name: string, text: string) => {
    const path = join(root, name);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    return path;
  };
  const secret = await file("secret", "a secret of components\n");
  const data = ["--data", join(root, "server")];
  await using server = await Running.start(
    ...["server", "run", ...data, "--domain", DOMAIN, "--port", "0", "--no-starttls", "--no-https"],
    ...["--keyserver", "--component-port", "0"],
    ...[APART, REGISTRAR].flatMap((domain) => ["--component", `${domain}=@${secret}`]),
  );
  const component = (domain: string) => [
    ...["--component", `${domain}=@${secret}`],
    ...["--server", `127.0.0.1:${server.said.componentPort}`],
  ];

  // Three registrars, each with its own way.
  const ca = await authority();
  const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
  const caFile = await file("ca.pem", ca.pem);
  const users = join(root, "users");
  const password = "a password of hers";
  const added = await simppd(["registrar", "user", `carol@${DOMAIN}`, "--users", users], password);
  assert.equal(added.code, 0);
  const https = [
    ...["--listen", "127.0.0.1:0", "--certificate", await file("own.pem", own.certificate)],
    ...["--key", await file("own.key", own.key)],
  ];
  const registrar = (name: string, ...how: string[]) =>
    Running.start("registrar", "run", "--data", join(root, name), ...how);
  await using bySimpp = await registrar("r1", ...component(REGISTRAR));
  await using byCertificate = await registrar("r2", ...https, "--client-ca", caFile);
  await using byPassword = await registrar("r3", ...https, "--users", users);
  const entries = Object.entries({ ours: bySimpp, office: byCertificate, people: byPassword })
    .map(([name, { said: { key, method, address } }]) => `${name} ${key} ${method} ${address}`);
  const keeping = (name: string) => [
    ...["keyserver", "run", "--data", join(root, name), ...component(APART)],
    ...["--registrars", join(root, "registrars")],
  ];
  await file("registrars", `# ours\n${entries.join("\n")}\n`);
  let apart = await Running.start(...keeping("keys"));
  await using keyServers = new AsyncDisposableStack();
  keyServers.defer(() => apart.end());
  assert.deepEqual(apart.said.registrars, ["ours", "office", "people"]);

  await using people = new AsyncDisposableStack();
  const person = async (name: string) => {
    const found = people.use(new Person(name, await Daemon.start(join(root, name))));
    const from = name === "anna" ? [] : ["--from", "anna"];
    const invited = await simppd(["server", "invite", ...data, ...from]);
    assert.equal(invited.code, 0, JSON.stringify(invited.answer));
    await found.does(["account", "join", invited.answer.link, "--nick", name]);
    return found;
  };
  const [anna, bob, carol] = [await person("anna"), await person("bob"), await person("carol")];
  await until("all to be contacts", async () => {
    const contacts = await anna.daemon.ask<ContactView[]>("GET", "/api/contacts");
    const online = contacts.filter(({ presence }) => presence === "online");
    return online.length === 2 || undefined;
  });

  // The carried server's own key server, which registers people itself.
  const { jid: key, key: itsKey } = server.said.keyServer;
  assert.equal(key, KEYS);
  const home: GroupView = await anna.does([
    ...["group", "make", "Home", "--key-server", `${key} ${itsKey}`],
  ]);
  await bring(anna, bob, home.jid);
  await bob.does(["group", "send", home.jid, "at home"]);
  await anna.hears(home.jid, "at home");
  const { keyServer, server: roomServer } = await bob.group(home.jid);
  assert.deepEqual([keyServer.jid, keyServer.own, roomServer], [KEYS, false, `rooms.${DOMAIN}`]);

  // One in the daemon of who made the group, which is killed.
  const ownGroup: GroupView = await anna.does(["group", "make", "Own"]);
  await bring(anna, bob, ownGroup.jid);
  await anna.does(["group", "role", ownGroup.jid, bob.jid, "admin"]);
  await anna.daemon.kill();
  await anna.back();
  await bring(anna, carol, ownGroup.jid);
  for (const each of [anna, bob, carol]) {
    await until(`${each.name} to follow`, async () => {
      const { epoch, members } = await each.group(ownGroup.jid);
      return epoch?.number === 4 && members.length === 3 || undefined;
    });
  }
  const last = await bob.group(ownGroup.jid);
  assert.deepEqual([last.keyServer.jid, last.role], [anna.jid, "admin"]);
  assert.deepEqual(last.refused, []);

  // The one apart keeps no group without its registrars.
  const making = ["group", "make", "Lab", "--key-server", `${APART} ${apart.said.key}`];
  assert.equal(await anna.refused(making), "registrars-needed");
  const foreign = `ours ${"ab".repeat(32)} simpp ${REGISTRAR}`;
  assert.notEqual(await anna.refused([...making, "--registrar", foreign]), "");
  assert.equal((await anna.does(["group", "list"])).length, 2);
  assert.equal((await simppd(["server", "room", "list", ...data])).answer.length, 2);
  const lab: GroupView = await anna.does([
    ...making,
    ...entries.flatMap((entry) => ["--registrar", entry]),
  ]);
  const certificate = await issued(ca, [{ type: "email", value: bob.jid }]);
  await bring(anna, bob, lab.jid, ...[
    ...["--by", "office", "--ca", caFile],
    ...["--certificate", await file("bob.pem", certificate.certificate)],
    ...["--key", await file("bob.key", certificate.key)],
  ]);
  await bring(anna, carol, lab.jid, "--by", "people", "--password", "--ca", caFile);
  await carol.does(["group", "send", lab.jid, "each came another way"]);
  for (const each of [anna, bob]) await each.hears(lab.jid, "each came another way");

  // Killed at once after it answered, it goes on where it was; who missed what it had said, and
  // came and went before it was back, reads then what was written meanwhile.
  const { epoch } = await anna.group(lab.jid);
  await carol.daemon.stop();
  await anna.does(["group", "expel", lab.jid, bob.jid]);
  await apart.end("SIGKILL");
  await anna.does(["group", "send", lab.jid, "while it is away"]);
  for (let times = 0; times < 2; times++) {
    await carol.back();
    await until(
      "Carol there",
      async () =>
        (await anna.group(lab.jid)).members.find(({ jid, presence }) =>
          jid === carol.jid && presence === "online"
        ),
    );
    // Time to read the archive.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(!(await carol.texts(lab.jid)).includes("while it is away"));
    if (times === 0) await carol.daemon.stop();
  }
  apart = await Running.start(...keeping("keys"));
  assert.deepEqual(
    apart.said.groups.map((each: { epoch: number; members: number }) => [each.epoch, each.members]),
    [[epoch!.number + 1, 2]],
  );
  await carol.hears(lab.jid, "while it is away");
  assert.ok(!(await bob.texts(lab.jid)).includes("while it is away"));
  await anna.does(["group", "invite", lab.jid, bob.jid]);
  assert.equal((await bob.does(["group", "join", lab.jid])).state, "in", "by the same certificate");
  await until(
    "Carol to follow",
    async () => (await carol.group(lab.jid)).epoch!.number === epoch!.number + 2 || undefined,
  );

  // It moves: what it is goes by its backup, into a directory as on another machine.
  await apart.end();
  const backup = join(root, "keys.backup"), passphrase = "a passphrase of keys";
  const moved = ["--data", join(root, "moved")];
  await simppd(["keyserver", "backup", backup, "--data", join(root, "keys")], passphrase);
  await Deno.remove(join(root, "keys"), { recursive: true });
  const restored = await simppd(["keyserver", "restore", backup, ...moved], passphrase);
  assert.deepEqual(restored, { code: 0, answer: { key: apart.said.key } });
  apart = await Running.start(...keeping("moved"));
  for (const each of [anna, bob, carol]) {
    await each.hears(lab.jid, "restored");
    await until(`${each.name} to be in`, async () => {
      const now = await each.group(lab.jid);
      return now.state === "in" && now.epoch!.incarnation !== epoch!.incarnation || undefined;
    });
  }
  await bob.does(["group", "send", lab.jid, "after the move"]);
  for (const each of [anna, carol]) await each.hears(lab.jid, "after the move");
  assert.equal((await carol.group(lab.jid)).members.length, 3);
}

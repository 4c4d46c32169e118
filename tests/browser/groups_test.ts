import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { fromBase64 } from "../../daemon/base/mod.ts";
import { KIND } from "../../daemon/group/mod.ts";
import { Rooms, XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { COMPONENT_SECRET, type Prosody, startProsody } from "../../scripts/peers/prosody.ts";
import { Slixmpp } from "../../scripts/peers/slixmpp.ts";
import { until } from "../daemon.ts";
import { absent, absentPeer } from "../real_parts.ts";
import { Running } from "../running.ts";
import { type Person, withPeople } from "./dashboard.ts";

const NAMES = ["Alice", "Bob", "Carol", "Dave"];

/** Where people make their group. */
interface Place {
  /** Signs everybody in, the others as contacts of the first. */
  gather(people: readonly Person[]): Promise<void>;
  /** Chooses in the dialog who keeps the group's keys. */
  choose(dialog: Page): Promise<void>;
  /** Address of who keeps them. */
  keeper(maker: Person): string;
  /** The group is made, and nobody else is in it yet. */
  made(room: string): Promise<void>;
}

const withFour = (work: (people: Person[]) => Promise<void>) =>
  withPeople(NAMES.map((name) => name.toLowerCase()), work);

Deno.test({
  name: "three people share an encrypted group, one is expelled, a fourth joins late",
  ignore: absent("chromium"),
  fn: () =>
    withFour((people) =>
      shareGroup(people, {
        async gather([alice, ...others]) {
          await alice!.app.carry({ nick: "Alice", reach: "this-machine" });
          for (const [at, { app }] of others.entries()) {
            await app.join({ link: (await alice!.app.invite()).link, nick: NAMES[at + 1]! });
          }
        },
        choose: () => Promise.resolve(),
        keeper: ({ app }) => app.status().account!.jid,
        made: () => Promise.resolve(),
      })
    ),
});

Deno.test({
  name: "the same on Prosody, its key server a component, with an eavesdropper in the room",
  ignore: absent("chromium") || absent("prosody") || absentPeer("slixmpp", Slixmpp.installed()),
  fn: async () => {
    const accounts = Object.fromEntries(
      [...NAMES, "Eve"].map((name) => [name.toLowerCase(), PASSWORD]),
    );
    const prosody = (await startProsody({ accounts }))!;
    const root = await Deno.makeTempDir({ prefix: "simppd-browser-keys-" });
    try {
      await shareOnProsody(prosody, root);
    } finally {
      await prosody.stop();
      await Deno.remove(root, { recursive: true });
    }
  },
});

const PASSWORD = "correct horse battery";

async function shareOnProsody({ domain, ports, pin, caPem }: Prosody, root: string): Promise<void> {
  const keys = `component.${domain}`, eves = `eve@${domain}`;
  const secret = join(root, "secret");
  await Deno.writeTextFile(secret, COMPONENT_SECRET, { mode: 0o600 });
  await using keeper = await Running.start(
    ...["keyserver", "run", "--data", join(root, "keys"), "--component", `${keys}=@${secret}`],
    ...["--server", `127.0.0.1:${ports.component}`, "--for", domain],
  );
  const account = { jid: eves, password: PASSWORD, port: ports.direct, caPem };
  const eve = await Slixmpp.start({ ...account, tls: "direct" });
  await using ending = new AsyncDisposableStack();
  ending.defer(async () => void await eve.stop());
  await withFour((people) =>
    shareGroup(people, {
      async gather(people) {
        for (const [at, { app }] of people.entries()) {
          const nick = NAMES[at]!, jid = `${nick.toLowerCase()}@${domain}`;
          const server = `127.0.0.1:${ports.starttls}`;
          await app.signIn({ jid, password: PASSWORD, nick, server, pin });
          if (at === 0) continue;
          const first = people[0]!.app;
          await first.addContact({ jid, name: nick });
          await until(`${nick} to be asked`, () => app.contacts().at(0));
          await app.changeContact(first.status().account!.jid, { accept: true });
        }
      },
      async choose(page) {
        await page.getByText("Have the keys kept elsewhere").click();
        await page.getByLabel("Address of the key server").fill(keys);
        await page.getByLabel(/^Its key/).fill(keeper.said.key);
      },
      keeper: () => keys,
      /** Who runs the room's server lets somebody in who is no member of the group. */
      async made(room) {
        const client = new XmppClient({
          jid: `alice@${domain}`,
          password: PASSWORD,
          endpoints: [{ host: "127.0.0.1", port: ports.direct, tls: "direct" }],
          trust: { kind: "pin", pin },
        });
        try {
          await client.connect();
          await new Rooms(client).open(room).administration.setAffiliation(eves, "member");
        } finally {
          await client.close();
        }
        await eve.request("connect");
        await eve.request("join", { room, nick: "eve" });
      },
    })
  );
  const heard = eve.events.flatMap(({ event, xml = "", body }) => {
    assert.ok(event !== "message" || body === undefined, `${body}`);
    const payload = /<group xmlns="urn:simpp:group:1">([^<]+)</.exec(xml)?.[1];
    return event === "overheard" && payload !== undefined ? [{ xml, payload }] : [];
  });
  const of = (kind: number) => heard.filter(({ payload }) => fromBase64(payload)[0] === kind);
  // That somebody is writing goes sealed as well.
  assert.ok(of(KIND.data).length >= SAID.length);
  assert.ok(of(KIND.rekey).length >= 4);
  const latin = new TextDecoder("latin1");
  const all = heard.map(({ xml, payload }) => xml + latin.decode(fromBase64(payload))).join("\n");
  for (const text of [...SAID, "Circle"]) {
    assert.ok(!all.includes(text), `"${text}" can be read in the room`);
  }
}

const SAID = [
  "only the two of us",
  "hello from Carol",
  "Bob does not read this",
  "welcome, Dave",
] as const;

async function shareGroup(people: Person[], place: Place): Promise<void> {
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  await place.gather(people);
  for (const [person, nick] of [[bob, "Bob"], [carol, "Carol"], [dave, "Dave"]] as const) {
    await list(alice.page).getByRole("button", { name: nick }).waitFor();
    await list(person.page).getByRole("button", { name: /alice/i }).waitFor();
  }

  await alice.page.getByRole("button", { name: "New group or room" }).click();
  await alice.page.getByLabel("Name of the group").fill("Circle");
  await place.choose(alice.page);
  await picture(alice.page, "e2e-1-make");
  await alice.page.getByRole("button", { name: "Make the group" }).click();
  await line(alice.page, "Epoch 1: the group is made.");
  await alice.page.getByText("Encrypted, epoch 1").waitFor();
  await place.made(alice.app.groups()[0]!.jid);

  await invite(alice.page, "Bob");
  const card = bob.page.getByRole("article", { name: "Invitation to the group Circle" });
  await card.getByText("invites you to an encrypted group").waitFor();
  const keeper = place.keeper(alice);
  await card.getByText(`Keys are kept by ${keeper}, who can read the group.`).waitFor();
  await card.getByText(/^The room is run by rooms\./).waitFor();
  await picture(bob.page, "e2e-2-invitation");
  await card.getByRole("button", { name: "Later" }).click();
  await card.getByText("Put aside").waitFor();
  await card.getByRole("button", { name: "Join" }).click();
  await line(bob.page, "you joined");
  await line(alice.page, "Epoch 2: Bob joined, the key changed.");
  await say(alice.page, "only the two of us");
  await heard(bob.page, "only the two of us");

  await invite(alice.page, "Carol");
  await enter(carol.page);
  await line(alice.page, "Epoch 3: Carol joined, the key changed.");
  await say(carol.page, "hello from Carol");
  for (const { page } of [alice, bob]) await heard(page, "hello from Carol");
  assert.equal(await carol.page.getByText("only the two of us").count(), 0);
  await line(carol.page, "Sent before you joined: you have no key for it.");
  for (const { page } of [alice, bob, carol]) {
    assert.equal(await page.getByRole("log").getByText("Not encrypted").count(), 0);
  }
  const members = await openMembers(bob.page);
  await members.getByRole("listitem").nth(2).waitFor();
  assert.equal(await members.getByRole("listitem").count(), 3);
  await members.getByTitle("No contact of yours").waitFor();
  assert.equal(await members.getByRole("button", { name: "Invite" }).count(), 0);
  await picture(bob.page, "e2e-3-members");

  const hers = await openMembers(alice.page);
  await hers.getByLabel("What to do about Bob").click();
  await hers.getByRole("button", { name: "Expel", exact: true }).first().click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Expel" }).click();
  await line(alice.page, "Alice expelled Bob, the key changed.");
  await bob.page.getByText("You were expelled by").first().waitFor();
  await bob.page.getByLabel("Message everybody in Circle").waitFor({ state: "detached" });
  await say(carol.page, "Bob does not read this");
  await heard(alice.page, "Bob does not read this");

  await invite(alice.page, "Dave");
  await enter(dave.page);
  await line(alice.page, "Epoch 5: Dave joined, the key changed.");
  await say(alice.page, "welcome, Dave");
  for (const { page } of [carol, dave]) await heard(page, "welcome, Dave");
  await line(dave.page, "What was said before cannot be read here.");
  for (const [n, { page }] of people.entries()) await picture(page, `e2e-4-person-${n + 1}`);

  const texts = await Promise.all(people.map(({ page }) => bubbles(page)));
  assert.deepEqual(texts, [
    ["only the two of us", "hello from Carol", "Bob does not read this", "welcome, Dave"],
    ["only the two of us", "hello from Carol"],
    ["hello from Carol", "Bob does not read this", "welcome, Dave"],
    ["welcome, Dave"],
  ]);
  // Who was expelled asks, and is refused by the room and by who keeps the keys.
  await bob.page.getByRole("button", { name: "Ask again" }).click();
  await bob.page.getByText("for members").waitFor();
  await picture(bob.page, "e2e-5-refused");
}

const list = (page: Page) => page.getByRole("list", { name: "Conversations" });

async function invite(page: Page, name: string): Promise<void> {
  const members = await openMembers(page);
  await members.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("dialog").getByRole("button", { name }).click();
  await page.getByText(`${name} is invited.`).waitFor();
}

async function enter(page: Page): Promise<void> {
  await page.getByRole("article", { name: "Invitation to the group Circle" })
    .getByRole("button", { name: "Join" }).click();
  await page.getByLabel("Message everybody in Circle").waitFor();
}

async function openMembers(page: Page) {
  const members = page.getByRole("complementary", { name: /^Members of / });
  const open = page.getByRole("button", { name: "Show members" });
  if (await open.count() > 0) await open.click();
  await members.waitFor();
  return members;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message everybody in Circle").fill(text);
  await page.keyboard.press("Enter");
  await heard(page, text);
}

function heard(page: Page, text: string): Promise<void> {
  return page.getByRole("log").getByText(text, { exact: true }).waitFor();
}

/** A line of the group's, by a part of it. */
function line(page: Page, text: string): Promise<void> {
  return page.getByRole("log").getByText(text).first().waitFor();
}

function bubbles(page: Page): Promise<string[]> {
  return page.getByRole("log").locator(".bubble-text").allTextContents();
}

/** Keeps a picture where SIMPPD_SCREENSHOTS names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}

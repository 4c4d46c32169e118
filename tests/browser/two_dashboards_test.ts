import assert from "node:assert/strict";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { type Prosody, startProsody } from "../../scripts/peers/prosody.ts";
import { absent } from "../real_parts.ts";
import { moves, openChat, type Person, read, withDashboards, write } from "./dashboard.ts";

/** Chat both ways, then a call that moves on all four pictures, then its end. */
async function talkAndCall(alice: Person, bob: Person): Promise<void> {
  await openChat(alice.page, "Bob");
  await write(alice.page, "Are you there?");
  await openChat(bob.page, "Alice");
  await read(bob.page, "Are you there?");
  await write(bob.page, "Yes. Call me.");
  await read(alice.page, "Yes. Call me.");

  await alice.page.getByRole("button", { name: "Start call" }).click();
  const ringing = bob.page.getByRole("alertdialog", { name: "Incoming video call" });
  await ringing.waitFor();
  const said = await ringing.innerText();
  assert.ok(said.includes(alice.app.status().account!.jid), `the inviter is not named: ${said}`);
  assert.ok(said.includes(bob.app.status().account!.jid), `the invitee is not named: ${said}`);
  await ringing.getByRole("button", { name: "Accept", exact: true }).click();

  assert.ok(await moves(alice.page, "Picture from Bob"), "Bob's picture does not move at Alice's");
  assert.ok(await moves(bob.page, "Picture from Alice"), "Alice's picture does not move at Bob's");
  assert.ok(await moves(bob.page, "Your own picture"), "Bob's own picture does not move");
  const { info } = alice.app.calls().find(({ state }) => state === "active")!;
  assert.equal(info!.tags.verified, true);

  await bob.page.getByRole("button", { name: /^Stop/ }).click();
  for (const { app, page } of [alice, bob]) {
    await page.getByRole("img", { name: /^Picture from/ }).waitFor({ state: "detached" });
    assert.deepEqual(app.calls().map(({ state, reason }) => [state, reason]), [[
      "ended",
      "hangup",
    ]]);
  }
}

Deno.test({
  name: "two dashboards: from the first run to a call, over the carried server",
  ignore: absent("chromium"),
  fn: () =>
    withDashboards(async (alice, bob) => {
      await alice.page.getByRole("button", { name: "Carry a server here" }).click();
      await alice.page.getByLabel("Your name").fill("Alice");
      await alice.page.getByRole("button", { name: "Start my server" }).click();
      await alice.page.getByRole("button", { name: "Invite someone" }).first().click();
      const link = await alice.page.getByRole("textbox", { name: "Invitation link" }).inputValue();
      await alice.page.keyboard.press("Escape");

      await bob.page.getByRole("button", { name: "Join with an invitation link" }).click();
      await bob.page.getByLabel("Your name").fill("Bob");
      await bob.page.getByLabel("Invitation link").fill(link);
      await bob.page.getByRole("button", { name: "Join", exact: true }).click();
      await talkAndCall(alice, bob);
    }),
});

const PEERS = [
  { name: "Prosody", program: "prosody", start: startProsody },
  { name: "ejabberd", program: "ejabberdctl", start: startEjabberd },
];

for (const { name, program, start } of PEERS) {
  Deno.test({
    name: `two dashboards: signed in to two accounts of ${name}, to a call`,
    ignore: absent("chromium") || absent(program),
    fn: async () => {
      const server = (await start({ accounts: { alice: "wonderland", bob: "builder" } }))!;
      try {
        await withDashboards(async (alice, bob) => {
          await signIn(alice, "Alice", "wonderland", server);
          await signIn(bob, "Bob", "builder", server);
          await alice.page.getByRole("button", { name: "Add contact" }).first().click();
          await alice.page.getByLabel("XMPP address").fill(`bob@${server.domain}`);
          await alice.page.getByLabel("Name").fill("Bob");
          await alice.page.getByRole("button", { name: "Send request" }).click();
          await bob.page.getByRole("button", { name: "Accept" }).click();
          await talkAndCall(alice, bob);
        });
      } finally {
        await server.stop();
      }
    },
  });
}

async function signIn(
  { page }: Person,
  nick: string,
  password: string,
  { domain, ports, pin }: Pick<Prosody, "domain" | "ports" | "pin">,
): Promise<void> {
  await page.getByRole("button", { name: "Sign in to an XMPP account" }).click();
  await page.getByLabel("Your name").fill(nick);
  await page.getByLabel("XMPP address").fill(`${nick.toLowerCase()}@${domain}`);
  await page.getByLabel("Password").fill(password);
  await page.getByText("Server and certificate").click();
  await page.getByRole("textbox", { name: "Server" }).fill(`127.0.0.1:${ports.starttls}`);
  await page.getByRole("textbox", { name: "Pinned key" }).fill(pin);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Add contact" }).first().waitFor();
}

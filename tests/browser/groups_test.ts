import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { absent } from "../real_parts.ts";
import { type Person, withPeople } from "./dashboard.ts";

Deno.test({
  name: "three people share an encrypted group, one is expelled, a fourth joins late",
  ignore: absent("chromium"),
  fn: () => withPeople(["alice", "bob", "carol", "dave"], shareGroup),
});

async function shareGroup(people: Person[]): Promise<void> {
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  await alice.app.carry({ nick: "Alice", reach: "this-machine" });
  for (const [person, nick] of [[bob, "Bob"], [carol, "Carol"], [dave, "Dave"]] as const) {
    await person.app.join({ link: (await alice.app.invite()).link, nick });
    await list(alice.page).getByRole("button", { name: nick }).waitFor();
    await list(person.page).getByRole("button", { name: /alice/i }).waitFor();
  }

  await alice.page.getByRole("button", { name: "New group or room" }).click();
  await alice.page.getByLabel("Name of the group").fill("Circle");
  await picture(alice.page, "e2e-1-make");
  await alice.page.getByRole("button", { name: "Make the group" }).click();
  await line(alice.page, "Epoch 1: the group is made.");
  await alice.page.getByText("Encrypted, epoch 1").waitFor();

  await invite(alice.page, "Bob");
  const card = bob.page.getByRole("article", { name: "Invitation to the group Circle" });
  await card.getByText("invites you to an encrypted group").waitFor();
  const alices = alice.app.status().account!.jid;
  await card.getByText(`Keys are kept by ${alices}, who can read the group.`).waitFor();
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

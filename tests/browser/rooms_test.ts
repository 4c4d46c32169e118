import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { absent } from "../real_parts.ts";
import { type Person, withDashboards } from "./dashboard.ts";

Deno.test({
  name: "two dashboards make a room, invite, talk, see who is there, and one is removed",
  ignore: absent("chromium"),
  fn: () => withDashboards(shareRoom),
});

async function shareRoom(alice: Person, bob: Person): Promise<void> {
  await alice.app.carry({ nick: "Alice", reach: "this-machine" });
  await bob.app.join({ link: (await alice.app.invite()).link, nick: "Bob" });
  const name = /bob|alice/i;
  for (const { page } of [alice, bob]) {
    await page.getByRole("list", { name: "Conversations" }).getByRole("button", { name }).waitFor();
  }

  await alice.page.getByRole("button", { name: "New group or room" }).click();
  await alice.page.getByRole("radio", { name: "New room" }).check();
  await alice.page.getByLabel("Name of the room").fill("Book club");
  await alice.page.getByLabel("I know that it is not encrypted").check();
  await alice.page.getByRole("button", { name: "Make the room" }).click();
  await alice.page.getByRole("heading", { name: "This is the room Book club" }).waitFor();
  const members = await openMembers(alice.page);
  await members.getByRole("button", { name: "Invite" }).click();
  await alice.page.getByRole("dialog").getByRole("button", { name: "Bob" }).click();

  const card = bob.page.getByRole("article", { name: /^Invitation to / });
  await card.getByText("Alice invites you to a room").waitFor();
  await card.getByText("the room's server can read everything here").waitFor();
  await card.getByRole("button", { name: "Later" }).click();
  await card.getByRole("button", { name: "Enter, not encrypted" }).click();
  await bob.page.getByRole("heading", { name: "Book club", exact: true }).waitFor();
  await members.getByText("Bob", { exact: true }).waitFor();
  const others = await openMembers(bob.page);
  await others.getByText("Owner, moderates").waitFor();

  await say(bob.page, "Hello Alice, I have read it");
  await heard(alice.page, "Hello Alice, I have read it");
  await say(alice.page, "So have I");
  await heard(bob.page, "So have I");
  for (const { page } of [alice, bob]) {
    assert.equal(await page.getByRole("log").getByText("Not encrypted").count(), 2);
  }
  // What is said in the room stands in no chat with the person who said it.
  await alice.page.getByRole("list", { name: "Conversations" })
    .getByRole("button").filter({ has: alice.page.getByText("bob", { exact: true }) }).click();
  await alice.page.getByLabel("Message bob").waitFor();
  assert.equal(await alice.page.getByText("Hello Alice, I have read it").count(), 0);
  await alice.page.getByRole("button", { name: /Room: *Book club/ }).click();

  const deeds = await openMembers(alice.page);
  await deeds.getByLabel("What to do about Bob").click();
  await deeds.getByRole("button", { name: "Remove" }).click();
  await bob.page.getByText("You are no member of the room any more").first().waitFor();
  await bob.page.getByLabel("Message everybody in Book club").waitFor({ state: "detached" });
  await deeds.getByText("Bob", { exact: true }).waitFor({ state: "detached" });
  await heard(alice.page, "Bob was removed");
  await bob.page.getByRole("button", { name: "Enter again" }).click();
  await bob.page.getByText("The room is for members").waitFor();
  assert.equal(
    bob.app.messages(alice.app.status().account!.jid).some(({ body }) => body === "So have I"),
    false,
  );
}

async function openMembers(page: Page) {
  const members = page.getByRole("complementary", { name: /^Members of / });
  const open = page.getByRole("button", { name: "Show members" });
  if (await open.count() > 0) await open.click();
  await members.waitFor();
  return members;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message everybody in Book club").fill(text);
  await page.keyboard.press("Enter");
  await heard(page, text);
}

function heard(page: Page, text: string): Promise<void> {
  return page.getByRole("log").getByText(text).waitFor();
}

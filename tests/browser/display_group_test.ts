import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";
import { drop, photo } from "./chosen_files.ts";
import { openChat, type Person, withPeople } from "./dashboard.ts";

Deno.test({
  name: "what one drops on a group opens by itself on the others' screens, and on nobody else's",
  ignore: absent("chromium"),
  fn: () => withPeople(["alice", "bob", "carol", "dave"], showPictures),
});

async function showPictures(people: Person[]): Promise<void> {
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  await alice.app.carry({ nick: "Alice", reach: "this-machine" });
  for (const [{ app }, nick] of [[bob, "Bob"], [carol, "Carol"], [dave, "Dave"]] as const) {
    await app.join({ link: (await alice.app.invite()).link, nick });
    await until(
      "they know each other",
      () => app.contacts().find(({ presence }) => presence === "online"),
    );
    const policy = { maxBytes: 10_000_000, kinds: ["picture" as const] };
    app.setDisplayPolicy(null, { ...policy, from: "displayers" });
  }
  const { jid } = await alice.app.createGroup({ name: "Circle" });
  for (const { app } of [bob, carol]) await letIn(alice, app, jid);
  for (const { page } of people) await page.reload();

  // It opens by itself.
  await openChat(alice.page, "Circle");
  await drop(alice.page, jpeg("Map.jpg", 800, 500));
  await alice.page.getByLabel("Show it on their screens").check();
  await alice.page.getByRole("button", { name: "Send encrypted" }).click();
  for (const { page } of [bob, carol]) await sees(page, "Map.jpg", 800);
  await shot(bob.page, "group-display");

  // Who is not meant sees that there is a file, cannot open it, and goes on seeing what they saw.
  await closeStage(alice.page);
  await drop(alice.page, jpeg("Secret.jpg", 600, 400));
  const dialog = alice.page.getByRole("dialog");
  await dialog.getByLabel("Show it on their screens").check();
  await dialog.getByLabel("Only these").check();
  await dialog.getByLabel("Bob").check();
  await alice.page.getByRole("button", { name: "Send encrypted" }).click();
  await sees(bob.page, "Secret.jpg", 600);
  await sees(carol.page, "Map.jpg", 800);
  await openChat(carol.page, "Circle");
  const card = carol.page.getByRole("group", { name: "File Secret.jpg" });
  await card.getByText("It is for others of the group").waitFor();
  assert.deepEqual(await card.getByRole("button").allTextContents(), ["Forget"]);
  assert.equal(await card.getByRole("img").count(), 0);
  await shot(carol.page, "group-display-no-access");

  // Who comes later sees neither the files nor what is shown, until something new is.
  await letIn(alice, dave.app, jid);
  await openChat(dave.page, "Circle");
  await dave.page.getByRole("log").waitFor();
  await dave.page.getByRole("button", { name: "Display", exact: true }).click();
  await dave.page.getByText("Nothing is shown").waitFor();
  await shot(dave.page, "group-display-late");
  assert.equal(await dave.page.locator("iframe").count(), 0);
  await openChat(dave.page, "Circle");
  await closeStage(alice.page);
  await drop(alice.page, jpeg("After.jpg", 320, 200));
  await alice.page.getByLabel("Show it on their screens").check();
  await alice.page.getByRole("button", { name: "Send encrypted" }).click();
  await sees(dave.page, "After.jpg", 320);
  await openChat(dave.page, "Circle");
  const files = dave.page.getByRole("log").getByRole("group", { name: /^File / });
  await files.first().waitFor();
  assert.equal(await files.count(), 1);

  // Its presenter takes it back.
  await sees(carol.page, "After.jpg", 320);
  await alice.page.getByRole("button", { name: "Clear it for everybody there" }).click();
  await carol.page.locator("iframe").waitFor({ state: "detached" });
  await dave.page.getByRole("button", { name: "Display", exact: true }).click();
  await dave.page.getByRole("complementary", { name: "What was shown" })
    .getByText("cleared it").waitFor();
  assert.equal(await dave.page.locator("iframe").count(), 0);
}

const jpeg = (name: string, width: number, height: number) => (
  { name, mimeType: "image/jpeg", buffer: photo(width, height) }
);

async function letIn(owner: Person, app: Person["app"], group: string): Promise<void> {
  await owner.app.inviteToGroup(group, app.status().account!.jid);
  await until("the invitation", () => app.groups().find(({ state }) => state === "invited"));
  await app.answerGroup(group, "accept");
  await until("the key", () => app.groups().find(({ state }) => state === "in"));
}

/** Waits until a picture of this width is seen on the stage, which opened by itself. */
async function sees(page: Page, name: string, width: number): Promise<void> {
  const frame = await page.waitForSelector(`iframe[title="Content of ${name}"]`);
  const content = (await frame.contentFrame())!;
  await until(
    `${name} on the stage`,
    async () =>
      await content.evaluate<boolean>(`document.querySelector("img")?.naturalWidth === ${width}`) ||
      undefined,
  );
}

async function closeStage(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Close the stage; what is shown stays" }).click();
}

async function shot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { absent } from "../real_parts.ts";
import { launchBrowser, openChat, openDashboard, type Person, read, write } from "./dashboard.ts";

const PASSPHRASE = "correct horse battery";
const BACKUP = "another good pässphrase ✓";

/** Dashboards on state directories of their own, closed at the end. */
async function withFolder(
  work: (open: (name: string) => Promise<Person>, root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-browser-" });
  const browser = await launchBrowser();
  const people: Person[] = [];
  try {
    await work(async (name) => {
      const person = await openDashboard(browser, join(root, name));
      people.push(person);
      return person;
    }, root);
  } finally {
    await browser.close();
    for (const { door, app } of people) {
      await door.close();
      await app.close();
    }
    await Deno.remove(root, { recursive: true });
  }
}

async function carry(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Carry a server here" }).click();
  await page.getByLabel("Your name").fill("Alice");
  await page.getByRole("button", { name: "Start my server" }).click();
  await page.getByRole("button", { name: "Settings" }).waitFor();
}

const setting = (page: Page, title: string) =>
  page.getByRole("dialog").locator("section", { has: page.getByRole("heading", { name: title }) });

Deno.test({
  name: "dashboard: a passphrase locks it, the unlock page opens it again",
  ignore: absent("chromium"),
  fn: () =>
    withFolder(async (open) => {
      const { page, app } = await open("alice");
      await carry(page);
      await page.getByRole("button", { name: "Settings" }).click();
      const group = setting(page, "Passphrase");
      await group.getByLabel("New passphrase").fill(PASSPHRASE);
      await group.getByLabel("The same again").fill("something else");
      await group.getByRole("button", { name: "Set passphrase" }).click();
      await group.getByRole("alert").getByText("The two passphrases differ.").waitFor();
      await group.getByLabel("The same again").fill(PASSPHRASE);
      await group.getByRole("button", { name: "Set passphrase" }).click();
      await group.getByRole("button", { name: "Lock simppd" }).click();

      await page.getByRole("heading", { name: "simppd is locked" }).waitFor();
      assert.equal(app.status().locked, true);
      await page.getByLabel("Passphrase").fill("not this one");
      await page.getByRole("button", { name: "Unlock" }).click();
      await page.getByRole("alert").getByText("This is not the passphrase.").waitFor();
      await page.getByLabel("Passphrase").fill(PASSPHRASE);
      await page.getByRole("button", { name: "Unlock" }).click();
      await page.getByRole("button", { name: "Settings" }).waitFor();
      assert.equal(app.status().locked, false);
    }),
});

Deno.test({
  name: "dashboard: a backup is downloaded, and restored on the first screen of another",
  ignore: absent("chromium"),
  fn: () =>
    withFolder(async (open, root) => {
      const alice = await open("alice");
      await carry(alice.page);
      const bob = await open("bob");
      await bob.app.join({ link: (await alice.app.invite()).link, nick: "Bob" });
      await openChat(alice.page, "Bob");
      await write(alice.page, "Keep this for me.");

      await alice.page.getByRole("button", { name: "Settings" }).click();
      const group = setting(alice.page, "Backup");
      await group.getByLabel("Passphrase for this file").fill(BACKUP);
      await group.getByLabel("The same again").fill(BACKUP);
      const download = alice.page.waitForEvent("download");
      await group.getByRole("button", { name: "Download backup" }).click();
      const file = join(root, "alice.backup");
      await (await download).saveAs(file);
      await alice.page.keyboard.press("Escape");
      const { account } = alice.app.status();
      await alice.app.close();

      const { page, app } = await open("again");
      await page.getByRole("button", { name: "Restore a backup" }).click();
      await page.getByLabel("Backup file").setInputFiles(file);
      await page.getByLabel("Passphrase of the backup").fill("not this one");
      await page.getByLabel("The devices I had before are lost").check();
      await page.getByRole("button", { name: "Restore", exact: true }).click();
      await page.getByRole("alert").getByText("This is not the passphrase.").waitFor();
      await page.getByLabel("Passphrase of the backup").fill(BACKUP);
      await page.getByRole("button", { name: "Restore", exact: true }).click();
      await openChat(page, "Bob");
      await read(page, "Keep this for me.");
      assert.equal(app.status().account!.fingerprint, account!.fingerprint);
      assert.notEqual(app.status().account!.device, account!.device);

      await page.getByTitle("Contact details").click();
      await page.getByRole("button", { name: "Delete chat" }).click();
      await page.getByRole("button", { name: "Delete messages" }).click();
      await page.getByText("Keep this for me.").first().waitFor({ state: "detached" });
      assert.deepEqual(app.messages(app.contacts()[0]!.jid), []);
    }),
});

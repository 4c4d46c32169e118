import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import jpeg from "jpeg-js";
import type { Page } from "playwright-core";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";
import { openChat, type Person, withDashboards, withPeople } from "./dashboard.ts";

Deno.test({
  name: "in a group a picture with display on opens by itself on the others' stages",
  ignore: absent("chromium"),
  fn: () => withPeople(["alice", "bob", "carol"], showPicture),
});

/** Alice and Bob know each other, and each has the chat with the other open. */
async function meet(alice: Person, bob: Person): Promise<void> {
  await alice.app.carry({ nick: "Alice", reach: "this-machine" });
  await bob.app.join({ link: (await alice.app.invite()).link, nick: "Bob" });
  for (const [{ page }, name] of [[alice, "Bob"], [bob, "Alice"]] as const) {
    await page.reload();
    await openChat(page, name);
    await page.getByRole("textbox", { name: /^Message / }).waitFor();
  }
}

/** A picture of many colours, as a camera's program writes it. */
function photo(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    data.set([x * 255 / width, y * 255 / height, (x ^ y) & 255, 255], at * 4);
  }
  return jpeg.encode({ data, width, height }, 90).data;
}

async function choose(
  page: Page,
  files: { name: string; mimeType: string; buffer: Uint8Array }[],
): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  await (await chooser).setFiles(
    files.map((file) => ({ ...file, buffer: Buffer.from(file.buffer) })),
  );
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}

Deno.test({
  name: "a picture and a large file go from one dashboard to the other, and are saved",
  ignore: absent("chromium"),
  fn: () => withDashboards(sendFiles),
});

async function sendFiles(alice: Person, bob: Person): Promise<void> {
  await meet(alice, bob);
  const shot = photo(640, 400);
  await choose(alice.page, [{ name: "Garden.jpg", mimeType: "image/jpeg", buffer: shot }]);
  await alice.page.getByRole("dialog").getByText("Garden.jpg").waitFor();
  await picture(alice.page, "files-send");
  await alice.page.getByRole("button", { name: "Send encrypted" }).click();
  const drawn = bob.page.getByRole("img", { name: "Picture Garden.jpg" });
  await drawn.waitFor();
  await bob.page.waitForFunction(
    `document.querySelector(".file-picture img")?.naturalWidth === 640`,
  );
  await alice.page.getByRole("img", { name: "Picture Garden.jpg" }).waitFor();

  const film = crypto.getRandomValues(new Uint8Array(65_536));
  const big = new Uint8Array(30 << 20);
  for (let at = 0; at < big.length; at += film.length) big.set(film, at);
  await choose(bob.page, [
    { name: "film.mkv", mimeType: "video/x-matroska", buffer: big },
    { name: "notes.txt", mimeType: "text/plain", buffer: new TextEncoder().encode("words") },
  ]);
  await bob.page.getByRole("button", { name: "Send encrypted" }).click();
  const card = alice.page.getByRole("group", { name: "File film.mkv" });
  await card.getByRole("button", { name: "Fetch" }).click();
  const save = card.getByRole("button", { name: "Save as" });
  await save.waitFor();
  await picture(alice.page, "files-received");
  await picture(bob.page, "files-sent");
  const coming = alice.page.waitForEvent("download");
  await save.click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), "film.mkv");
  assert.deepEqual(await Deno.readFile(await download.path()), big);
  await alice.page.getByRole("group", { name: "File notes.txt" }).getByRole("button", {
    name: "Forget",
  }).click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
  await alice.page.getByRole("group", { name: "File notes.txt" }).waitFor({ state: "detached" });
}

async function showPicture(people: Person[]): Promise<void> {
  const [alice, bob, carol] = people as [Person, Person, Person];
  await alice.app.carry({ nick: "Alice", reach: "this-machine" });
  for (const [{ app }, nick] of [[bob, "Bob"], [carol, "Carol"]] as const) {
    await app.join({ link: (await alice.app.invite()).link, nick });
    await until(
      "they know each other",
      () => app.contacts().find(({ presence }) => presence === "online"),
    );
  }
  const { jid } = await alice.app.createGroup({ name: "Circle" });
  for (const { app } of [bob, carol]) {
    await alice.app.inviteToGroup(jid, app.status().account!.jid);
    await until("the invitation", () => app.groups().find(({ state }) => state === "invited"));
    await app.answerGroup(jid, "accept");
    await until("the key", () => app.groups().find(({ state }) => state === "in"));
    const kinds = ["picture" as const];
    app.setDisplayPolicy(null, { from: "displayers", maxBytes: 10_000_000, kinds });
  }
  for (const { page } of [bob, carol]) await page.reload();
  await alice.page.reload();
  await openChat(alice.page, "Circle");
  await choose(alice.page, [
    { name: "Map.jpg", mimeType: "image/jpeg", buffer: photo(800, 500) },
  ]);
  await alice.page.getByLabel("Show it on their screens").check();
  await alice.page.getByRole("button", { name: "Send encrypted" }).click();
  const began = performance.now();
  for (const { page } of [bob, carol]) await page.locator("iframe").first().waitFor();
  const took = performance.now() - began;
  if (Deno.env.get("SIMPPD_SCREENSHOTS") !== undefined) {
    await bob.page.waitForTimeout(1500);
    await Deno.writeTextFile(`${Deno.env.get("SIMPPD_SCREENSHOTS")}/display-ms.txt`, `${took}`);
  }
  await picture(bob.page, "files-display");
  const shown = (person: Person) =>
    person.app.displays().items.map(({ name, state }) => [name, state]);
  for (const person of [bob, carol]) assert.deepEqual(shown(person), [["Map.jpg", "showing"]]);
}

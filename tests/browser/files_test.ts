import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { absent } from "../real_parts.ts";
import { choose, photo } from "./chosen_files.ts";
import { openChat, type Person, withDashboards } from "./dashboard.ts";

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

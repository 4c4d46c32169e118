import assert from "node:assert/strict";
import { join } from "node:path";
import { Dora } from "../../daemon/app/testing_dora.ts";
import { absent } from "../real_parts.ts";
import { launchBrowser, openChat, openDashboard, write } from "./dashboard.ts";

Deno.test({
  name: "a contact without simppd is written to only after a choice, and every line is marked",
  ignore: absent("chromium"),
  fn: writeToDora,
});

async function writeToDora(): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-browser-plain-" });
  const browser = await launchBrowser();
  const alice = await openDashboard(browser, join(root, "alice"));
  let dora: Dora | undefined;
  try {
    const { app, page } = alice;
    await app.carry({ nick: "Alice", reach: "this-machine" });
    dora = await Dora.join((await app.invite()).link);
    await app.addContact({ jid: dora.jid, name: "Dora" });
    await openChat(page, "Dora");
    dora.say("hello from elsewhere", "message-one");
    const log = page.getByRole("log");
    await log.getByText("hello from elsewhere").waitFor();
    await log.getByText("Not encrypted").first().waitFor();
    await page.getByRole("button", { name: "Write without encryption" }).click();
    await page.getByRole("heading", { name: "This chat is not encrypted" }).waitFor();
    await write(page, "good day, Dora");
    await dora.heard((stanza) => stanza.getChildText("body") === "good day, Dora");
    assert.equal(await log.getByText("Not encrypted").count(), 2);
    await page.getByRole("button", { name: "Stop writing without encryption" }).click();
    await page.getByRole("button", { name: "Write without encryption" }).waitFor();
    assert.equal(app.contacts()[0]!.plain, false);
  } finally {
    await dora?.client.close();
    await browser.close();
    await alice.door.close();
    await alice.app.close();
    await Deno.remove(root, { recursive: true });
  }
}

import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { absent } from "../real_parts.ts";
import { withDashboards } from "./dashboard.ts";

/** A PNG of one red pixel. */
const RED =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

Deno.test({
  name: "a picture chosen in the settings is seen by the contact, and gone when taken away",
  ignore: absent("chromium"),
  fn: () =>
    withDashboards(async (alice, bob) => {
      await alice.app.carry({ nick: "Alice", reach: "this-machine" });
      await bob.app.join({ link: (await alice.app.invite()).link, nick: "Bob" });
      const list = bob.page.getByRole("list", { name: "Conversations" });
      await list.getByRole("button", { name: /alice/i }).waitFor();
      await alice.page.getByRole("list", { name: "Conversations" }).getByRole("button").waitFor();
      assert.equal(await list.locator("img").count(), 0);

      await alice.page.getByRole("button", { name: "Settings" }).click();
      const dialog = alice.page.getByRole("dialog");
      const file = dialog.locator('input[type="file"][accept^="image/png"]');
      await file.setInputFiles({ name: "x.png", mimeType: "image/png", buffer: notAPicture() });
      await dialog.getByText("cannot be read as a picture").waitFor();
      const buffer = Buffer.from(RED, "base64");
      await file.setInputFiles({ name: "red.png", mimeType: "image/png", buffer });
      await dialog.locator("img").waitFor();
      await list.locator("img").waitFor();
      const shown = await bob.app.picture(alice.app.status().account!.jid);
      assert.equal(shown.type, "image/jpeg");
      await dialog.getByRole("button", { name: "Show none" }).click();
      await list.locator("img").waitFor({ state: "detached" });
      assert.equal(bob.app.contacts()[0]!.picture, null);
    }),
});

const notAPicture = () => Buffer.from("<svg onload=alert(1)>");

import assert from "node:assert/strict";
import { absent } from "../real_parts.ts";
import { withDashboards } from "./dashboard.ts";

const SETUP = "Carry a server here";
const LOCKED = "simppd open";

Deno.test({
  name: "a reload and further tabs stay let in; a tab with the cookie alone asks for a link",
  ignore: absent("chromium"),
  fn: () =>
    withDashboards(async ({ page, door }) => {
      const inside = (where = page) => where.getByRole("button", { name: SETUP }).waitFor();
      await inside();
      await page.reload();
      await inside();

      const second = await page.context().newPage();
      await second.goto(door.url);
      await inside(second);
      await page.close();
      await second.reload();
      await inside(second);

      await second.goto("about:blank");
      const third = await second.context().newPage();
      await third.goto(door.url);
      await third.getByText(LOCKED, { exact: true }).waitFor();
      const cookies = await third.context().cookies(door.url);
      assert.equal(cookies.length, 1, "the cookie is there still");
      await third.goto(door.launchLink());
      await inside(third);
    }),
});

import assert from "node:assert/strict";
import { openBrowser } from "./browser.ts";
import { sweepLaunchPages, writeLaunchPage } from "./launch_page.ts";

const LINK = "http://127.0.0.1:1/#launch=secret";

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "simppd-launch-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a launch page leads to its link, is its owner's alone, and goes in time", () =>
  inFolder(async (state) => {
    const path = await writeLaunchPage(state, LINK);
    assert.ok((await Deno.readTextFile(path)).includes(`content="0;url=${LINK}"`));
    if (Deno.build.os !== "windows") assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    await Deno.writeTextFile(`${state}/open.html`, "another's");
    assert.equal(await sweepLaunchPages(state, 60_000), 1);
    await Deno.utime(path, new Date(), new Date(Date.now() - 61_000));
    assert.equal(await sweepLaunchPages(state, 60_000), 0);
    assert.deepEqual([...Deno.readDirSync(state)].map(({ name }) => name), ["open.html"]);
  }));

Deno.test("the opener's arguments do not hold the link", {
  ignore: Deno.build.os !== "linux",
}, () =>
  inFolder(async (state) => {
    const bin = `${state}/bin`;
    await Deno.mkdir(bin);
    const script =
      `#!/bin/sh\necho "$@" > "${state}/told.new"\nmv "${state}/told.new" "${state}/told"\n`;
    await Deno.writeTextFile(`${bin}/xdg-open`, script, { mode: 0o755 });
    const before = { PATH: Deno.env.get("PATH")!, DISPLAY: Deno.env.get("DISPLAY") };
    Deno.env.set("PATH", `${bin}:${before.PATH}`);
    Deno.env.set("DISPLAY", ":0");
    try {
      await openBrowser(state, LINK);
      let told: string | undefined;
      for (let tries = 0; told === undefined && tries < 200; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        told = await Deno.readTextFile(`${state}/told`).catch(() => undefined);
      }
      assert.match(told ?? "", /^\S+\/open-[\w-]+\.html\n$/);
      assert.ok(!told!.includes("launch="));
      assert.ok((await Deno.readTextFile(told!.trim())).includes(LINK));
    } finally {
      Deno.env.set("PATH", before.PATH);
      if (before.DISPLAY === undefined) Deno.env.delete("DISPLAY");
      else Deno.env.set("DISPLAY", before.DISPLAY);
    }
  }));

/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat } from "./testing/dashboards.ts";
import { CIRCLE, fakeGroup, fakeGroupMember } from "./testing/fake_groups.ts";
import { fakeFile } from "./testing/mock_files.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const MB = 1_000_000;
const card = (page: Page, name: string) => page.getByRole("group", { name: `File ${name}` });

/** Keeps a picture where SIMPPD_SCREENSHOTS names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}

dashboard("files are chosen, looked at once more and sent", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  await (await chooser).setFiles([
    { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("words") },
    { name: "refuse.me", mimeType: "text/plain", buffer: Buffer.from("more") },
  ]);
  await page.getByRole("heading", { name: "Send 2 files to Ben Ortiz" }).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByLabel("Show them on their screens").check();
  await page.getByRole("button", { name: "Send encrypted" }).click();
  await card(page, "a.txt").getByText("5 bytes").waitFor();
  await asked(mock, `POST /api/files?to=${encodeURIComponent(BEN)}&name=a.txt&size=5&display=1`);
  await page.getByText("The files here take all the room they may.").waitFor();
});

dashboard("what is dropped or pasted is asked about first", async (page) => {
  await openChat(page, "Ben Ortiz");
  const data = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped"], "dropped.txt"));
    return data;
  })()`);
  const chat = page.locator("section.chat");
  await chat.dispatchEvent("dragenter", { dataTransfer: data });
  await page.getByText("Drop files to send them here").waitFor();
  await picture(page, "files-drop");
  await chat.dispatchEvent("drop", { dataTransfer: data });
  await page.getByRole("dialog").getByText("dropped.txt").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.evaluate(`(() => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(["pasted"], "pasted.txt"));
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".composer-field").dispatchEvent(event);
  })()`);
  await page.getByRole("dialog").getByText("pasted.txt").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.getByText("Drop files to send them here").count(), 0);
});

dashboard("each state of a file says what it is and what can be done", async (page, mock) => {
  const large = { size: 50 * MB, type: null, here: false } as const;
  mock.putFile(fakeFile(BEN, { ...large, id: "film", name: "film.mkv", state: "offered" }));
  await openChat(page, "Ben Ortiz");
  const film = card(page, "film.mkv");
  await film.getByText("50 MB · not fetched yet").waitFor();
  await film.getByRole("button", { name: "Decline" }).click();
  await film.getByRole("button", { name: "Fetch it after all" }).waitFor();
  const moving = { ...mock.state.files.get("film")!, state: "transferring" } as const;
  mock.putFile(moving);
  const progress = { id: "film", bytes: 20 * MB, total: 50 * MB, rate: 4 * MB };
  mock.emit({ type: "file-progress", data: progress });
  await film.getByText("20 MB of 50 MB · 4.0 MB/s").waitFor();
  assert.equal(await film.getByRole("progressbar").getAttribute("value"), `${20 * MB}`);
  await picture(page, "files-moving");
  assert.deepEqual(await seriousViolations(page), []);
  await film.getByRole("button", { name: "Pause" }).click();
  await film.getByText("50 MB · paused").waitFor();
  await film.getByRole("button", { name: "Go on" }).click();
  await film.getByRole("button", { name: "Cancel" }).click();
  await film.getByText("50 MB · cancelled").waitFor();
  await film.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
  await film.waitFor({ state: "detached" });
});

dashboard(
  "a picture is drawn, a false name is told, a refusal and a failure too",
  async (page, mock) => {
    mock.putFile(fakeFile(BEN, { name: "dot.png", type: "image/png", width: 1, height: 1 }));
    mock.putFile(
      fakeFile(BEN, { name: "photo.jpg", type: "application/x-msdownload", pretends: true }),
    );
    const problem = { code: "offline", message: "There is no connection to your server." };
    mock.putFile(fakeFile(BEN, { name: "late.bin", state: "failed", here: false, problem }));
    mock.putFile(fakeFile(BEN, { name: "no.txt", mine: true }), "failed");
    await openChat(page, "Ben Ortiz");
    await page.getByRole("img", { name: "Picture dot.png" }).waitFor();
    await card(page, "photo.jpg").getByText("its name says something else").waitFor();
    assert.equal(
      await card(page, "photo.jpg").getByRole("button", { name: "Show here" }).count(),
      0,
    );
    await card(page, "late.bin").getByText("There is no connection to your server.").waitFor();
    await card(page, "no.txt").getByText("they declined it").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "files-states");
  },
);

dashboard(
  "a chat with pictures opens at its end, and stays there when more come",
  async (page, mock) => {
    // As they come: announced all at once, fetched one after another.
    const put = async (from: number, to: number) => {
      const coming = Array.from({ length: to - from }, (_, at) => {
        const name = `img${from + at}.jpg`;
        const size = { width: 320, height: 300 };
        return fakeFile(BEN, { name, type: "image/jpeg", ...size, state: "waiting", here: false });
      });
      coming.forEach((file) => mock.putFile(file));
      for (const file of coming) {
        mock.putFile({ ...file, state: "done", here: true });
        await page.waitForTimeout(7);
      }
    };
    const log = page.getByRole("log");
    const isAtEnd = async (shown: number) => {
      const drawn =
        `[...document.querySelectorAll(".file-picture img")].filter((img) => img.complete)`;
      for (let i = 0; i < 200 && await page.evaluate(`${drawn}.length`) !== shown; i++) {
        await page.waitForTimeout(50);
      }
      assert.equal(await page.evaluate(`${drawn}.length`), shown);
      await page.waitForTimeout(200);
      const below = await log.evaluate((log) =>
        log.scrollHeight - log.scrollTop - log.clientHeight
      );
      assert.ok(below < 2, `${below} pixels are below`);
      assert.equal(await page.getByRole("button", { name: "To the newest message" }).count(), 0);
    };
    await put(0, 12);
    await openChat(page, "Ben Ortiz");
    await isAtEnd(12);
    await put(12, 40);
    await isAtEnd(40);
    await log.hover();
    await page.mouse.wheel(0, -600);
    await page.getByRole("button", { name: "To the newest message" }).click();
    await isAtEnd(40);
  },
);

dashboard("to a group: everybody, a few, or who is in it later", async (page, mock) => {
  mock.putGroup(fakeGroup(CIRCLE, {
    members: [
      fakeGroupMember({ self: true, trust: "own" }),
      fakeGroupMember({ jid: BEN, name: "Ben Ortiz", role: "member", trust: "verified" }),
    ],
  }));
  mock.putFile(fakeFile(CIRCLE, { from: BEN, name: "secret.txt", locked: true, here: false }));
  await openChat(page, "Circle");
  await card(page, "secret.txt").getByText("asked of its sender").waitFor();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  const file = { name: "few.txt", mimeType: "text/plain", buffer: Buffer.from("few") };
  await (await chooser).setFiles([file]);
  await page.getByLabel("Only who is in the group when they fetch it").waitFor();
  await page.getByLabel("Only these people").check();
  const send = page.getByRole("button", { name: "Send encrypted" });
  assert.equal(await send.isDisabled(), true, "nobody is chosen");
  await page.getByRole("dialog").getByLabel("Ben Ortiz").check();
  await picture(page, "files-recipients");
  assert.deepEqual(await seriousViolations(page), []);
  await send.click();
  await asked(
    mock,
    `POST /api/files?to=${encodeURIComponent(CIRCLE)}&name=few.txt&size=3&people=${
      encodeURIComponent(BEN)
    }`,
  );
});

dashboard(
  "whom a file is for, and why it cannot be had, stands on its card",
  async (page, mock) => {
    mock.putGroup(fakeGroup(CIRCLE, {
      members: [
        fakeGroupMember({ self: true, trust: "own" }),
        fakeGroupMember({ jid: BEN, name: "Ben Ortiz", role: "member", trust: "verified" }),
      ],
    }));
    const few = { people: [BEN], roles: ["owner"], onRequest: false };
    const later = { people: [], roles: [], onRequest: true };
    mock.putFile(fakeFile(CIRCLE, { name: "few.txt", mine: true, audience: few }));
    mock.putFile(fakeFile(CIRCLE, { name: "later.txt", mine: true, audience: later }));
    const locked = { from: BEN, here: false, locked: true };
    mock.putFile(fakeFile(CIRCLE, { ...locked, name: "theirs.txt", forOthers: true }));
    const waits = { mine: true, here: true, size: 200 * MB };
    mock.putFile(fakeFile(CIRCLE, { ...waits, name: "queued.bin", state: "waiting" }));
    mock.putFile(fakeFile(CIRCLE, {
      ...{ from: BEN, name: "far.bin", here: false, state: "offered", ways: ["direct"] },
    }));
    const problem = { code: "taken-back", message: "Its sender took it back." };
    mock.putFile(
      fakeFile(CIRCLE, { from: BEN, name: "back.bin", here: false, state: "failed", problem }),
    );
    const progress = { id: "part", bytes: 254 * MB, total: 300 * MB, rate: 0 };
    mock.putFile(fakeFile(CIRCLE, {
      ...{ id: "part", from: BEN, name: "part.bin", here: false, state: "paused", progress },
      size: 300 * MB,
    }));
    await openChat(page, "Circle");
    await card(page, "few.txt").getByText("For Ben Ortiz, Owner alone").waitFor();
    await card(page, "later.txt").getByText("when they fetch it").waitFor();
    await card(page, "theirs.txt").getByText("It is for others of the group").waitFor();
    assert.equal(
      await card(page, "theirs.txt").getByRole("button", { name: "Ask again" }).count(),
      0,
    );
    await card(page, "far.bin").getByText("learns your network address").waitFor();
    await card(page, "back.bin").getByText("Its sender took it back.").waitFor();
    assert.equal(await card(page, "back.bin").getByRole("button", { name: "Go on" }).count(), 0);
    await card(page, "part.bin").getByText("254 MB of 300 MB · paused").waitFor();
    const foot = (name: string) =>
      page.locator(".bubble", { has: card(page, name) }).locator(".delivery");
    assert.equal(await foot("few.txt").count(), 1);
    assert.equal(await foot("queued.bin").count(), 0, "the room knows nothing of it yet");
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "files-for-whom");
  },
);

dashboard("what is too large for its way is not sent", async (page, mock) => {
  mock.putGroup(fakeGroup(CIRCLE));
  mock.state.fileWays = [{ kind: "upload", largest: 9 }, { kind: "group", largest: 4 }];
  await openChat(page, "Circle");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  const file = { name: "rota.txt", mimeType: "text/plain", buffer: Buffer.from("rota 1") };
  await (await chooser).setFiles([file]);
  const send = page.getByRole("button", { name: "Send encrypted" });
  assert.equal(await send.isDisabled(), false);
  await page.getByLabel("How it travels").selectOption({ label: "within messages" });
  await page.getByText("rota.txt is too large: what goes there may have about 4 bytes.").waitFor();
  assert.equal(await send.isDisabled(), true);
  await picture(page, "files-too-large");
  assert.deepEqual(await seriousViolations(page), []);
});

dashboard("to a group: who has a role, by a way that is named", async (page, mock) => {
  mock.putGroup(fakeGroup(CIRCLE));
  const secret = { id: "secret", from: BEN, name: "secret.txt", locked: true, here: false };
  mock.putFile(fakeFile(CIRCLE, secret));
  await openChat(page, "Circle");
  await card(page, "secret.txt").getByRole("button", { name: "Ask again" }).click();
  await asked(mock, "POST /api/files/secret/state");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  const file = { name: "rota.txt", mimeType: "text/plain", buffer: Buffer.from("rota") };
  await (await chooser).setFiles([file]);
  await page.getByLabel("Only who has one of these roles").check();
  const send = page.getByRole("button", { name: "Send encrypted" });
  assert.equal(await send.isDisabled(), true, "no role is chosen");
  await page.getByLabel("Owner").check();
  await page.getByLabel("Admin").check();
  await page.getByLabel("How it travels").selectOption({ label: "within messages" });
  await picture(page, "files-roles");
  assert.deepEqual(await seriousViolations(page), []);
  await send.click();
  const to = encodeURIComponent(CIRCLE);
  await asked(
    mock,
    `POST /api/files?to=${to}&name=rota.txt&size=4&ways=group&roles=owner%2Cadmin`,
  );
});

dashboard("what comes by itself is bounded for all and for one contact", async (page, mock) => {
  await page.getByRole("button", { name: "Settings" }).click();
  const all = page.getByLabel("Files that come by themselves");
  await all.selectOption({ label: "up to 1.0 MB" });
  await asked(mock, "PUT /api/file-limits");
  assert.equal(mock.state.fileLimits.limit, MB);
  await page.getByLabel("Room for all files").selectOption({ label: "up to 50 GB" });
  await asked(mock, "PUT /api/file-room");
  await page.getByLabel("Largest file").selectOption({ label: "up to 1.0 GB" });
  for (let i = 0; i < 100 && mock.state.fileLimits.fileBytes !== 1e9; i++) {
    await page.waitForTimeout(20);
  }
  const { quota, fileBytes } = mock.state.fileLimits;
  assert.deepEqual([quota, fileBytes], [50e9, 1e9]);
  await page.getByLabel("Room for all files").scrollIntoViewIfNeeded();
  await picture(page, "files-limits");
  assert.deepEqual(await seriousViolations(page), []);
});

dashboard("what comes by itself is bounded for one group", async (page, mock) => {
  mock.putGroup(fakeGroup(CIRCLE));
  await openChat(page, "Circle");
  await page.getByRole("button", { name: "Members" }).click();
  await page.getByLabel("Its files that come by themselves").selectOption({ label: "none" });
  await asked(mock, "PUT /api/file-limits");
  assert.deepEqual(mock.state.fileLimits.places, { [CIRCLE]: 0 });
  await picture(page, "files-limit-group");
});

dashboards.test("files in the dashboard");

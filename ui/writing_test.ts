/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { picture, seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat, said } from "./testing/dashboards.ts";
import { CLUB, fakeRoom, fakeRoomMessage } from "./testing/fake_rooms.ts";
import { fakeCall, fakeInfo, fakeMessage } from "./testing/fake_state.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const TYPING = `POST /api/contacts/${BEN}/typing`;

dashboard("that somebody writes is seen in the chat and in the list", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await said(page, "No hurry.");
  assert.equal(await page.getByText("is writing …").count(), 0);
  mock.putContact({ ...mock.state.contacts.get(BEN)!, typing: true });
  await page.locator(".typing").getByText("Ben Ortiz is writing …").waitFor();
  await page.getByRole("list", { name: "Conversations" }).getByText("is writing …").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  mock.putContact({ ...mock.state.contacts.get(BEN)!, typing: false });
  await page.getByText("is writing …").first().waitFor({ state: "detached" });
});

dashboard("writing is told once, and its end when sent, emptied or left", async (page, mock) => {
  const told = () =>
    mock.log.filter((line) => line.startsWith(TYPING)).map((line) => line.endsWith("true}"));
  await openChat(page, "Ben Ortiz");
  const field = page.getByLabel("Message Ben Ortiz");
  await field.pressSequentially("hello there");
  await asked(mock, `${TYPING} {"typing":true}`);
  assert.deepEqual(told(), [true]);
  await field.press("Enter");
  await said(page, "hello there");
  assert.deepEqual(told(), [true, false]);
  await field.pressSequentially("x");
  await field.press("Backspace");
  await field.pressSequentially("y");
  await page.getByLabel("Search contacts").focus();
  await page.waitForFunction(() => document.activeElement?.id === "search");
  for (let i = 0; i < 40 && told().length < 6; i++) await page.waitForTimeout(50);
  assert.deepEqual(told(), [true, false, true, false, true, false]);
});

dashboard("writing that stops is told after a while", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await page.getByLabel("Message Ben Ortiz").pressSequentially("hm");
  await asked(mock, `${TYPING} {"typing":true}`);
  await page.waitForTimeout(4500);
  await asked(mock, `${TYPING} {"typing":false}`);
});

dashboard("the last message of one's own can be corrected", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await said(page, "No hurry.");
  mock.putMessage(fakeMessage(BEN, { id: "last", mine: true, body: "Se you then" }));
  mock.putMessage(fakeMessage(BEN, { body: "Good", at: Date.now() + 1 }));
  await said(page, "Good");
  const field = page.getByLabel("Message Ben Ortiz");
  assert.equal(await page.getByRole("button", { name: "Correct this message" }).count(), 1);

  await field.fill("a draft");
  await field.press("ArrowUp");
  assert.equal(await field.inputValue(), "a draft");
  await page.getByRole("article").filter({ hasText: "Se you then" }).hover();
  await page.getByRole("button", { name: "Correct this message" }).click();
  assert.equal(await field.inputValue(), "Se you then");
  assert.deepEqual(await seriousViolations(page), []);
  await field.press("Escape");
  assert.equal(await field.inputValue(), "a draft");

  await field.fill("");
  await field.press("ArrowUp");
  assert.equal(await field.inputValue(), "Se you then");
  await field.fill("See you then");
  await field.press("Enter");
  await said(page, "See you then");
  await asked(mock, `PATCH /api/contacts/${BEN}/messages/last {"body":"See you then"}`);
  await page.getByRole("article").filter({ hasText: "See you then" }).getByText("edited").waitFor();
  assert.equal(await field.inputValue(), "");
  assert.equal(
    mock.log.some((line) => line.startsWith(`POST /api/contacts/${BEN}/messages`)),
    false,
  );
});

dashboard("no message longer than the daemon takes can be typed", async (page) => {
  await openChat(page, "Ben Ortiz");
  const field = page.getByLabel("Message Ben Ortiz");
  assert.equal(await field.getAttribute("maxlength"), "10000");
});

dashboard("a camera that is off is not a stalled picture", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  const info = (sinceLastFrameMs: number | null) => fakeInfo({ sinceLastFrameMs });
  const call = fakeCall(BEN, { state: "active", activeAt: Date.now(), info: info(9000) });
  mock.putCall(call);
  const stage = page.getByRole("region", { name: "Call with Ben Ortiz" });
  await stage.getByText("Picture stalled").waitFor();
  mock.putCall({ ...call, remoteCamera: "off" });
  await stage.getByText("Ben Ortiz's camera is off").waitFor();
  assert.equal(await stage.getByText("Picture stalled").count(), 0);
  assert.equal(await page.getByAltText("Picture from Ben Ortiz").isVisible(), false);
  assert.deepEqual(await seriousViolations(page), []);
  mock.putCall({ ...call, remoteCamera: "no-signal", info: info(null) });
  await stage.getByText("Ben Ortiz's camera gives no picture").waitFor();
  mock.putCall({ ...call, remoteCamera: "off", info: info(10) });
  await stage.getByText("camera gives no picture").waitFor({ state: "detached" });
  assert(await page.getByAltText("Picture from Ben Ortiz").isVisible());
});

dashboard(
  "a link beside a text is opened by a click alone, and only by https",
  async (page, mock) => {
    await openChat(page, "Ben Ortiz");
    const others: string[] = [];
    page.context().on("request", (request) => {
      if (new URL(request.url()).hostname !== "127.0.0.1") others.push(request.url());
    });
    const say = (body: string, link: string) =>
      mock.putMessage(fakeMessage(BEN, { body, link, suite: "none" }));
    say("https://b\u0430nk.example/", "https://xn--bnk-6cd.example/");
    say("https://photos.example/a.png", "https://photos.example/a.png");
    say("old", "http://plain.example/");
    say("run", "javascript:alert(1)");
    say("bank", "https://bank.example@evil.example/");
    const link = page.getByRole("link", { name: "https://xn--bnk-6cd.example/" });
    await link.waitFor();
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
    assert.equal(await link.getAttribute("target"), "_blank");
    await page.getByText("http://plain.example/").waitFor();
    await page.getByText("javascript:alert(1)").waitFor();
    await page.getByText("https://bank.example@evil.example/").waitFor();
    assert.equal(await page.getByRole("log").getByRole("link").count(), 2);
    // What says nothing but the link is the link.
    assert.equal(await page.getByText("https://photos.example/a.png").count(), 1);
    assert.deepEqual(others, []);
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "chat-links");
  },
);

dashboard(
  "https in a text is a link that shows where it goes, in chats and in rooms",
  async (page, mock) => {
    const others: string[] = [];
    page.context().on("request", (request) => {
      if (new URL(request.url()).hostname !== "127.0.0.1") others.push(request.url());
    });
    const body = "See https://books.example.org/9 (or https://b\u0430nk.example/x), not " +
      "https://bank.example@evil.example/ nor http://plain.example/.";
    mock.putRoom(fakeRoom(CLUB));
    await openChat(page, "Ben Ortiz");
    const look = async () => {
      const log = page.getByRole("log");
      for (const url of ["https://books.example.org/9", "https://xn--bnk-6cd.example/x"]) {
        const link = log.getByRole("link", { name: `${url} (opens in a new tab)`, exact: true });
        await link.waitFor();
        assert.equal(await link.getAttribute("href"), url);
        assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
        assert.equal(await link.getAttribute("target"), "_blank");
      }
      assert.equal(await log.getByRole("link").count(), 2);
      await log.getByText(/bank\.example@evil\.example\/ nor http:\/\/plain\.example\/\.$/)
        .waitFor();
      assert.deepEqual(await seriousViolations(page), []);
    };
    mock.putMessage(fakeMessage(BEN, { body }));
    await look();
    await picture(page, "chat-text-links");
    await page.getByRole("button", { name: /^Room: *Book club/ }).click();
    mock.putRoomMessage(fakeRoomMessage(CLUB, { body: `/me says: ${body}` }));
    await look();
    assert.deepEqual(others, []);
  },
);

dashboard("calls through a relay only, where there is none, are warned of", async (page, mock) => {
  await page.getByRole("button", { name: "Settings" }).click();
  const choice = page.getByRole("switch", { name: /^Calls through your server's relay only/ });
  await choice.click();
  await asked(mock, 'PUT /api/call-route {"route":"relay-only"}');
  const warning = page.getByText("Your server names no relay");
  await warning.waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await choice.click();
  await warning.waitFor({ state: "detached" });
});

dashboard(
  "what somebody does is told of them, and that they have read is shown",
  async (page, mock) => {
    await openChat(page, "Ben Ortiz");
    mock.putMessage(fakeMessage(BEN, { body: "/me waves" }));
    await page.getByText("* Ben Ortiz waves", { exact: true }).waitFor();
    mock.putMessage(fakeMessage(BEN, { mine: true, body: "/me waves back", delivery: "seen" }));
    const mine = page.getByRole("article").filter({ hasText: "waves back" });
    await mine.getByText("Seen", { exact: true }).waitFor();
    assert.match(await mine.innerText(), /^You:\n+\* Anna waves back/);
    mock.putMessage(fakeMessage(BEN, { body: "/mean it" }));
    await page.getByText("/mean it", { exact: true }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "chat-deeds");
    await page.getByRole("button", { name: "Settings" }).click();
    const choice = page.getByRole("switch", { name: "Tell contacts which messages you have read" });
    assert.equal(await choice.isChecked(), false);
    await choice.click();
    await asked(mock, 'PUT /api/tell-seen {"told":true}');
  },
);

dashboard(
  "what the server keeps is shown and chosen; one that keeps nothing says so",
  async (page, mock) => {
    await page.getByRole("button", { name: "Settings" }).click();
    const list = page.getByRole("list", { name: "Addresses with a choice of their own" });
    await list.getByText("eve@chat.example: never kept").waitFor();
    await page.getByRole("radio", { name: "Contacts only" }).click();
    await asked(
      mock,
      'PUT /api/archive {"default":"roster","always":[],"never":["eve@chat.example"]}',
    );
    await page.getByLabel("An address with a choice of its own").fill("eve@chat.example");
    await page.getByRole("button", { name: "Always keep" }).click();
    await list.getByText("eve@chat.example: always kept").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole("heading", { name: "Archive on your server" }).scrollIntoViewIfNeeded();
    await picture(page, "archive");
    await page.getByRole("button", { name: "No choice of its own for eve@chat.example" }).click();
    await list.getByText("eve@chat.example").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    mock.state.archive = null;
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("Your server keeps no archive.").waitFor();
    assert.equal(await page.getByRole("radio", { name: "Keep all" }).count(), 0);
  },
);

dashboards.test("writing, and cameras that are off, in Chromium");

/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { picture, seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat, said } from "./testing/dashboards.ts";
import { CLUB, fakeMember, fakeRoom, fakeRoomMessage } from "./testing/fake_rooms.ts";
import type { MockApi } from "./testing/mock_api.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const at = `/api/rooms/${CLUB}`;

const invitation = (change = {}) => ({
  from: BEN,
  reason: "Tuesdays",
  mediated: false,
  at: Date.now(),
  later: false,
  ...change,
});
const inClub = (mock: MockApi) => {
  mock.state.rooms.set(CLUB, fakeRoom(CLUB, { subject: "Chapter nine" }));
  mock.state.roomMessages.set(CLUB, [
    fakeRoomMessage(CLUB, { nick: "Ben Ortiz", jid: BEN, body: "Has everybody read it?" }),
    fakeRoomMessage(CLUB, { nick: "Anna", mine: true, body: "Nearly.", delivery: "sent" }),
    fakeRoomMessage(CLUB, { nick: "Chloé\u202etxt", body: "Anna, do hurry", mention: true }),
  ]);
  mock.state.members.set(CLUB, [
    fakeMember({ self: true }),
    fakeMember({ nick: "Ben Ortiz", jid: BEN, affiliation: "member", role: "participant" }),
    fakeMember({ nick: "Chloé\u202etxt", jid: null, affiliation: "none", role: "visitor" }),
    fakeMember({ nick: "", jid: "dora@example.org", affiliation: "member", presence: "offline" }),
  ]);
};
const fits = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

dashboard("a room is made only once one says that it is not encrypted", async (page, mock) => {
  await page.getByRole("button", { name: "New group or room" }).click();
  await page.getByRole("radio", { name: "New room" }).check();
  await page.getByLabel("Name of the room").fill("Garden plans");
  await page.getByText("your server runs this one").waitFor();
  await page.getByLabel("Server of the room").fill("rooms.example.org");
  await page.getByText("rooms.example.org runs this one").waitFor();
  await page.getByRole("button", { name: "Make the room" }).click();
  await page.waitForTimeout(100);
  assert.equal(mock.log.some((line) => line.startsWith("POST /api/rooms")), false);
  await page.getByLabel("I know that it is not encrypted").check();
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "room-new");
  await page.getByRole("button", { name: "Make the room" }).click();
  await page.getByRole("heading", { name: "This is the room Garden plans" }).waitFor();
  await asked(
    mock,
    'POST /api/rooms {"name":"Garden plans","server":"rooms.example.org","plain":true}',
  );
  await page.getByLabel("Message everybody in Garden plans").waitFor();
});

dashboard("a room that is not for us says so; another is entered", async (page, mock) => {
  await page.getByRole("button", { name: "New group or room" }).click();
  await page.getByRole("radio", { name: "Enter a room" }).check();
  const field = page.getByLabel("Address of the room");
  await field.fill("closed@rooms.example.org");
  await page.getByLabel("I know that it is not encrypted").check();
  await page.getByRole("button", { name: "Enter the room" }).click();
  await page.getByText("ask to be invited").waitFor();
  await field.fill("open@rooms.example.org");
  await page.getByRole("button", { name: "Enter the room" }).click();
  await asked(mock, 'POST /api/rooms/join {"jid":"open@rooms.example.org","plain":true}');
  await page.getByRole("heading", { name: "open@rooms.example.org" }).first().waitFor();
});

dashboard(
  "a room shows who says what, marks every line, counts, names and sends",
  async (page, mock) => {
    inClub(mock);
    mock.putRoom(fakeRoom(CLUB, { subject: "Chapter nine", unread: 3, mentions: 1 }));
    const list = page.getByRole("list", { name: "Conversations" });
    await list.getByText("3 unread messages in this room, you are named").waitFor();
    assert.match(await page.title(), /^\(\d+\)/);
    await list.getByRole("button", { name: /^Room: *Book club/ }).click();
    await said(page, "Has everybody read it?");
    await asked(mock, `POST ${at}/read`);
    const log = page.getByRole("log");
    assert.equal(await log.getByText("Not encrypted", { exact: true }).count(), 3);
    assert.equal(await log.getByText("names you:").count(), 1);
    await page.getByText("the room's server can read everything here").waitFor();
    await page.getByText("Chapter nine").waitFor();
    // Marks that turn the text stay inside.
    const nick = log.locator("bdi", { hasText: "Chloé" });
    assert.equal(await nick.count(), 1);
    assert.equal(await nick.evaluate((one) => getComputedStyle(one).unicodeBidi), "isolate");
    const field = page.getByLabel("Message everybody in Book club");
    await field.fill("Done now");
    await field.press("Enter");
    await said(page, "Done now");
    await asked(mock, `POST ${at}/messages {"body":"Done now"}`);
    await field.fill("refuse this");
    await field.press("Enter");
    await page.getByText("You are not in it.").waitFor();
    assert.equal(await field.inputValue(), "refuse this");
    await page.reload();
    await said(page, "Done now");
    await page.setViewportSize({ width: 1100, height: 760 });
    await page.getByRole("button", { name: "Show members" }).click();
    await page.getByRole("complementary", { name: "Members of Book club" }).waitFor();
    await page.getByText("dora@example.org").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "room-1100");
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "room-1100-dark");
  },
);

dashboard("a nick that is a contact's and may be another's is told", async (page, mock) => {
  inClub(mock);
  mock.putRoom(fakeRoom(CLUB));
  await page.getByRole("button", { name: /Book club/ }).click();
  await said(page, "Has everybody read it?");
  assert.equal(await page.getByText(/your contact/).count(), 0);
  const sent = { nick: "ben\u200b ortiz", jid: "mallory@example.org", body: "send money" };
  mock.putRoomMessage(fakeRoomMessage(CLUB, sent));
  await page.getByText("not your contact Ben Ortiz", { exact: true }).waitFor();
  await page.getByText("mallory@example.org").waitFor();
  mock.putRoomMessage(fakeRoomMessage(CLUB, { nick: "Ben Ortiz", sender: "other", body: "now" }));
  await page.getByText("perhaps not your contact Ben Ortiz").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
});

dashboard(
  "an invitation says who, what and whose server; later, then accepted",
  async (page, mock) => {
    mock.putRoom(fakeRoom(CLUB, { state: "invited", invitation: invitation() }));
    const card = page.getByRole("article", { name: "Invitation to Book club" });
    await card.getByText("Ben Ortiz invites you to a room").waitFor();
    await card.getByText("rooms.anna-desk.simppd.invalid runs this one").waitFor();
    await card.getByText("Tuesdays").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "room-invitation");
    await card.getByRole("button", { name: "Later" }).click();
    await card.getByText("Put aside").waitFor();
    await asked(mock, `POST ${at}/invitation {"answer":"later"}`);
    await card.getByRole("button", { name: "Enter, not encrypted" }).click();
    await asked(mock, `POST ${at}/invitation {"answer":"accept","plain":true}`);
    await page.getByRole("region", { name: "Room Book club" }).waitFor();

    const other = "den@evil.example";
    const from = "stranger@evil.example";
    const claimed = invitation({ from, mediated: true, reason: "" });
    mock.putRoom(fakeRoom(other, { name: "Den", state: "invited", invitation: claimed }));
    const second = page.getByRole("article", { name: "Invitation to Den" });
    await second.getByText(`evil.example says that ${from} invites you`).waitFor();
    await second.getByText("not among your contacts").waitFor();
    await second.getByRole("button", { name: "Decline" }).click();
    await second.waitFor({ state: "detached" });
  },
);

dashboard("an owner invites, removes and gives roles; others may not", async (page, mock) => {
  inClub(mock);
  mock.putRoom(fakeRoom(CLUB));
  await page.getByRole("button", { name: /Book club/ }).click();
  await page.getByRole("button", { name: "Show members" }).click();
  const members = page.getByRole("complementary", { name: "Members of Book club" });
  await members.getByText("Ben Ortiz").waitFor();
  assert.equal(await members.getByRole("group").count(), 3);
  await members.getByLabel("What to do about Ben Ortiz").click();
  await members.getByRole("button", { name: "Make admin" }).click();
  await members.getByText("Admin", { exact: true }).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await members.getByRole("button", { name: "Remove" }).click();
  await members.getByText("Ben Ortiz").waitFor({ state: "detached" });
  await asked(mock, `PATCH ${at}/members {"jid":"${BEN}","affiliation":"none"}`);
  await members.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Ben Ortiz" }).click();
  await asked(mock, `POST ${at}/invite {"contact":"${BEN}"}`);
  await page.getByText("Ben Ortiz is invited.").waitFor();
  mock.putRoom(fakeRoom(CLUB, { affiliation: "member", role: "participant" }));
  await members.getByRole("group").first().waitFor({ state: "detached" });
});

dashboard("who was put out reads why, enters again or leaves", async (page, mock) => {
  inClub(mock);
  mock.putRoom(fakeRoom(CLUB));
  await page.getByRole("button", { name: /Book club/ }).click();
  const message = "You were removed from the room; you may enter again, by Ben.";
  mock.putRoom(fakeRoom(CLUB, { state: "out", problem: { code: "room-kicked", message } }));
  await page.getByText(message).waitFor();
  assert.equal(await page.getByLabel("Message everybody in Book club").count(), 0);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Enter again" }).click();
  await asked(mock, `POST /api/rooms/join {"jid":"${CLUB}","plain":true}`);
  await page.getByRole("button", { name: "Leave" }).first().click();
  const dialogue = page.getByRole("alertdialog");
  await dialogue.getByText("deleted from this machine's disk").waitFor();
  await dialogue.getByRole("button", { name: "Leave the room" }).click();
  await page.getByRole("heading", { name: "Pick a conversation" }).waitFor();
  await asked(mock, `DELETE ${at}`);
});

dashboard("at 360 px a room fits, and its members lie over it", async (page, mock) => {
  inClub(mock);
  mock.putRoom(fakeRoom(CLUB, { subject: "Chapter nine" }));
  await page.setViewportSize({ width: 360, height: 740 });
  assert(await fits(page));
  await page.getByRole("button", { name: /Book club/ }).click();
  await said(page, "Nearly.");
  assert(await fits(page));
  await picture(page, "room-360");
  await page.getByRole("button", { name: "Show members" }).click();
  await page.getByText("dora@example.org").waitFor();
  assert(await fits(page));
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "room-360-members");
  await page.getByRole("button", { name: "Hide members" }).last().click();
  await page.getByRole("button", { name: "Back to contacts" }).click();
  await page.getByLabel("Search contacts").waitFor();
  await picture(page, "room-360-list");
  await openChat(page, "Ben Ortiz");
  await page.getByLabel("Message Ben Ortiz").waitFor();
});

dashboard("a room is made open, moderated and with a password", async (page, mock) => {
  await page.getByRole("button", { name: "New group or room" }).click();
  await page.getByRole("radio", { name: "New room" }).check();
  await page.getByLabel("Name of the room").fill("Lectures");
  await page.getByLabel("Open to all who know its address").check();
  await page.getByLabel("Moderated").check();
  await page.getByLabel("Password of the room").fill("sesame");
  await page.getByLabel("I know that it is not encrypted").check();
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "room-new-options");
  await page.getByRole("button", { name: "Make the room" }).click();
  await asked(
    mock,
    'POST /api/rooms {"name":"Lectures","password":"sesame","open":true,"moderated":true,' +
      '"plain":true}',
  );
});

dashboard(
  "one's last message in a room is corrected, and others are seen writing",
  async (page, mock) => {
    inClub(mock);
    mock.putRoom(fakeRoom(CLUB));
    await page.getByRole("button", { name: /Book club/ }).click();
    await said(page, "Nearly.");
    const field = page.getByLabel("Message everybody in Book club");
    await field.press("ArrowUp");
    assert.equal(await field.inputValue(), "Nearly.");
    await field.fill("refuse this");
    await asked(mock, `POST ${at}/typing {"typing":true}`);
    await field.press("Enter");
    await page.getByText("The room took it not.").waitFor();
    assert.equal(await field.inputValue(), "refuse this");
    await field.fill("Nearly done.");
    await field.press("Enter");
    await said(page, "Nearly done.");
    const [id] = [...mock.state.roomMessages.get(CLUB)!].filter(({ mine }) => mine);
    await asked(mock, `PATCH ${at}/messages/${id!.id} {"body":"Nearly done."}`);
    await page.getByRole("article").filter({ hasText: "Nearly done." }).getByText("edited")
      .waitFor();
    assert.equal(await field.inputValue(), "");

    mock.putRoom(fakeRoom(CLUB, { typing: ["Ben Ortiz"] }));
    await page.getByText("Ben Ortiz is writing").waitFor();
    mock.putRoom(fakeRoom(CLUB, { typing: ["Ben Ortiz", "Chloé", "Dora", "Eve"] }));
    await page.getByText("Ben Ortiz, Chloé and 2 more are writing").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "room-writing");
  },
);

dashboard(
  "in a room links are shown, and what somebody does is told of them",
  async (page, mock) => {
    inClub(mock);
    mock.putRoom(fakeRoom(CLUB, { last: { nick: "Ben", body: "/me waves", at: 1, mine: false } }));
    await page.getByRole("button", { name: /Book club/ }).click();
    const say = (body: string, link: string | null = null) =>
      mock.putRoomMessage(fakeRoomMessage(CLUB, { body, link }));
    say("/me waves at everybody");
    await page.getByText("* Ben Ortiz waves at everybody", { exact: true }).waitFor();
    await page.getByText("* Ben waves", { exact: true }).waitFor();
    say("the book", "https://books.example.org/9");
    const link = page.getByRole("link", {
      name: "https://books.example.org/9 (opens in a new tab)",
    });
    await link.waitFor();
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
    assert.equal(await link.getAttribute("target"), "_blank");
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "room-links");
  },
);

dashboards.test("rooms in Chromium");

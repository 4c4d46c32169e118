/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat, said } from "./testing/dashboards.ts";
import { CIRCLE, fakeGroup, fakeGroupMember } from "./testing/fake_groups.ts";
import { fakeRoomMessage } from "./testing/fake_rooms.ts";
import type { GroupView } from "./api/views.ts";
import type { MockApi } from "./testing/mock_api.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const at = `/api/groups/${CIRCLE}`;
const DORA = "dora@example.org";

const inCircle = (mock: MockApi) => {
  mock.putGroup(fakeGroup(CIRCLE, {
    members: [
      fakeGroupMember({ self: true, trust: "own" }),
      fakeGroupMember({ jid: BEN, name: "Ben Ortiz", role: "member", trust: "verified" }),
      fakeGroupMember({ jid: DORA, name: DORA, role: "listener", trust: "changed" }),
    ],
    admitted: [{ jid: "eve@example.org", answer: "declined" }],
    refused: [{ code: "before-you-joined", count: 3 }, { code: "in-clear", count: 1 }],
  }));
  mock.state.roomMessages.set(CIRCLE, [
    fakeRoomMessage(CIRCLE, { kind: "notice", nick: "", body: "Epoch 7: Ben Ortiz joined." }),
    fakeRoomMessage(CIRCLE, {
      nick: "Ben Ortiz",
      jid: BEN,
      body: "Between us",
      encryption: "keystone",
    }),
  ]);
};
const invited = (mock: MockApi) =>
  mock.putGroup(fakeGroup(CIRCLE, {
    state: "invited",
    invitation: { from: BEN, reason: "Tuesdays", mediated: false, at: Date.now(), later: false },
    epoch: null,
    members: [],
    role: null,
    keyServer: { jid: BEN, fingerprint: "ab".repeat(32), own: false, silent: false },
    registrars: [],
  }));

/** Keeps a picture where SIMPPD_SCREENSHOTS names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}

dashboard("a group is made; who keeps its keys is said before", async (page, mock) => {
  await page.getByRole("button", { name: "New group or room" }).click();
  await page.getByText("Its keys are kept by simppd on this device").waitFor();
  await page.getByLabel("Name of the group").fill("Garden");
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "group-new");
  await page.getByRole("button", { name: "Make the group" }).click();
  await page.getByRole("heading", { name: "This is the group Garden" }).waitFor();
  await asked(mock, 'POST /api/groups {"name":"Garden"}');
  await page.getByText("cannot be read by you, nor by who joins after you").waitFor();
});

dashboard(
  "an invitation names who keeps the keys and who runs the room; it is put aside, then accepted",
  async (page, mock) => {
    const card = page.getByRole("article", { name: "Invitation to the group Circle" });
    await card.getByText("Ben Ortiz invites you to an encrypted group").waitFor();
    await card.getByText(`Keys are kept by ${BEN}, who can read the group.`).waitFor();
    await card.getByText("The room is run by rooms.anna-desk.simppd.invalid").waitFor();
    await card.getByText("nothing of what was said before").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-invitation");
    await card.getByRole("button", { name: "Later" }).click();
    await card.getByText("Put aside").waitFor();
    await card.getByRole("button", { name: "Join" }).click();
    await asked(mock, `POST ${at}/invitation {"answer":"accept"}`);
    await page.getByLabel("Message everybody in Circle").waitFor();
  },
  invited,
);

dashboard("an invitation that is declined is gone", async (page, mock) => {
  await page.getByRole("button", { name: "Decline" }).click();
  await asked(mock, `POST ${at}/invitation {"answer":"decline"}`);
  await page.getByRole("article", { name: "Circle" }).waitFor({ state: "detached" });
}, invited);

dashboard(
  "a group shows lines, members with roles and verified marks, and what was not shown; it sends sealed",
  async (page, mock) => {
    await openChat(page, "Circle");
    await said(page, "Between us");
    await said(page, "Epoch 7: Ben Ortiz joined.");
    await page.getByText("Encrypted, epoch 7").waitFor();
    assert.equal(await page.getByRole("log").getByText("Not encrypted").count(), 0);
    await page.getByRole("button", { name: "Show members" }).click();
    const members = page.getByRole("complementary", { name: "Members of Circle" });
    await members.getByText("Their keys are not those you know").last().waitFor();
    await members.getByText("Reads only, you").waitFor({ state: "detached" });
    await members.getByText("3 from before you joined").waitFor();
    await members.getByText("1 written in clear").waitFor();
    await page.getByText("keys: this device · room: rooms.anna-desk").waitFor();
    await members.getByText("eve@example.org").waitFor();
    await members.getByText("Declined the invitation").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-open");
    await members.getByRole("button", { name: "Withdraw the invitation of eve@" }).click();
    await members.getByText("eve@example.org").waitFor({ state: "detached" });
    await asked(mock, `POST ${at}/withdraw {"contact":"eve@example.org"}`);
    await page.getByLabel("Message everybody in Circle").fill("So it is");
    await page.keyboard.press("Enter");
    await said(page, "So it is");
    await asked(mock, `POST ${at}/messages {"body":"So it is"}`);
    assert.equal(mock.log.some((line) => line.startsWith("POST /api/rooms")), false);
    await page.getByLabel("Message everybody in Circle").fill("refuse this");
    await page.keyboard.press("Enter");
    await page.getByText("The key is not here.").waitFor();
  },
  inCircle,
);

dashboard(
  "one's last message in a group is corrected, sealed, and others are seen writing",
  async (page, mock) => {
    await openChat(page, "Circle");
    const field = page.getByLabel("Message everybody in Circle");
    await field.fill("So it is");
    await asked(mock, `POST ${at}/typing {"typing":true}`);
    await field.press("Enter");
    await said(page, "So it is");
    await field.press("ArrowUp");
    assert.equal(await field.inputValue(), "So it is");
    await field.fill("So be it");
    await field.press("Enter");
    await said(page, "So be it");
    await page.getByRole("article").filter({ hasText: "So be it" }).getByText("edited").waitFor();
    const [own] = mock.state.roomMessages.get(CIRCLE)!.filter(({ mine }) => mine);
    await asked(mock, `PATCH ${at}/messages/${own!.id} {"body":"So be it"}`);
    assert.equal(
      mock.log.some((line) => /^(POST|PATCH) \/api\/rooms\/.*(messages|typing)/.test(line)),
      false,
    );
    mock.putGroup(fakeGroup(CIRCLE, { typing: ["Ben Ortiz"] }));
    await page.getByText("Ben Ortiz is writing").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-writing");
  },
  inCircle,
);

dashboard("a member is expelled after a question, another becomes admin", async (page, mock) => {
  await openChat(page, "Circle");
  await page.getByRole("button", { name: "Show members" }).click();
  const members = page.getByRole("complementary", { name: "Members of Circle" });
  await members.getByLabel("What to do about Ben Ortiz").click();
  await members.getByRole("button", { name: "Make admin" }).first().click();
  await asked(mock, `PUT ${at}/role {"member":"${BEN}","role":"admin"}`);
  await members.getByRole("button", { name: "Expel" }).first().click();
  await page.getByRole("alertdialog").getByText("The key changes at once").waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Expel" }).click();
  await asked(mock, `POST ${at}/expel {"member":"${BEN}"}`);
  await page.getByText("Encrypted, epoch 9").waitFor();
  assert.equal(await members.getByText("Ben Ortiz").count(), 0);
}, inCircle);

dashboard("a contact is invited as who only reads", async (page, mock) => {
  mock.putGroup(fakeGroup(CIRCLE));
  await openChat(page, "Circle");
  await page.getByRole("button", { name: "Show members" }).click();
  await page.getByRole("button", { name: "Invite" }).last().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("As").selectOption("listener");
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "group-invite");
  await dialog.getByRole("button", { name: "Ben Ortiz" }).click();
  await asked(mock, `POST ${at}/invite {"contact":"${BEN}","role":"listener"}`);
  await page.getByText("Ben Ortiz is invited.").waitFor();
}, inCircle);

dashboard("who keeps the keys ends the group rather than leave it", async (page, mock) => {
  await openChat(page, "Circle");
  await page.getByRole("button", { name: "Leave the group" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("This device keeps the group's keys").waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Leave the group" }).count(), 0);
  await dialog.getByRole("button", { name: "End the group" }).click();
  await asked(mock, `POST ${at}/end`);
  await page.getByRole("heading", { name: "Circle", exact: true }).waitFor({ state: "detached" });
}, inCircle);

dashboard("who was expelled reads that, and may ask again", async (page, mock) => {
  await openChat(page, "Circle");
  await said(page, "Between us");
  mock.putGroup(fakeGroup(CIRCLE, {
    state: "out",
    problem: { code: "group-removed", message: "You were taken out of this group." },
    epoch: null,
  }));
  await page.getByText("You were taken out of this group.").waitFor();
  assert.equal(await page.getByLabel("Message everybody in Circle").count(), 0);
  await page.getByRole("button", { name: "Ask again" }).click();
  await asked(mock, `POST ${at}/join`);
}, inCircle);

dashboard(
  "registrars of a new group are named, with what they want, before it is made",
  async (page, mock) => {
    await page.getByRole("button", { name: "New group or room" }).click();
    await page.getByLabel("Name of the group").fill("Garden");
    await page.getByText("Have registrars say who comes in").click();
    const line = `people ${"ab".repeat(32)} directory https://registrar.example.org/`;
    await page.getByLabel("Registrars, one a line").fill(`${line}\n`);
    await page.getByText(
      "shows themselves to people, https://registrar.example.org/, by a password.",
    ).waitFor();
    await page.getByLabel("Your password there").fill("a password");
    await page.getByText("Encrypt as the paper of 2003 did").click();
    await page.getByLabel("Blowfish instead of AES (weak)").check();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-new-registrars");
    await page.getByRole("button", { name: "Make the group" }).click();
    const input = {
      name: "Garden",
      registrars: [line],
      suites: ["lsim-2003"],
      ticket: { registrar: "people", password: "a password" },
    };
    await asked(mock, `POST /api/groups ${JSON.stringify(input)}`);
  },
);

dashboard(
  "a group is joined by its specification; who keeps its keys is said before",
  async (page, mock) => {
    await page.getByRole("button", { name: "New group or room" }).click();
    await page.getByRole("radio", { name: "Group by file" }).check();
    const text = [
      "simppd group specification 1",
      "room = team@rooms.example.org",
      `key-server = keys.example.org ${"ab".repeat(32)}`,
    ].join("\n");
    await page.getByLabel("Specification of the group").setInputFiles({
      name: "team.spec",
      mimeType: "text/plain",
      buffer: Buffer.from(text),
    });
    await page.getByText("Keys are kept by keys.example.org, who can read the group.").waitFor();
    await page.getByText("The room is run by rooms.example.org").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-specified");
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, "group-specified-360");
    await page.getByRole("button", { name: "Join the group" }).click();
    await asked(mock, `POST /api/specified-group ${JSON.stringify({ specification: text })}`);
    await page.getByRole("heading", { name: "This is the group Team" }).waitFor();
  },
);

const old = (change: Partial<GroupView>) => (mock: MockApi) =>
  mock.putGroup(fakeGroup(CIRCLE, {
    ownServer: true,
    epoch: { number: 7, incarnation: "a1".repeat(16), suite: "lsim-2003" },
    suites: { group: ["lsim-2003"], allowed: ["lsim-2003"], own: true },
    ...change,
  }));

dashboard(
  "a group in LSIM's suite says that it is weak; what is allowed in it and in all is chosen",
  async (page, mock) => {
    await openChat(page, "Circle");
    await page.getByText("Weakly encrypted, epoch 7").waitFor();
    await page.getByText("keys: this device · room: this device").waitFor();
    await page.getByRole("button", { name: "Show members" }).click();
    await page.getByText("which is weak. Write nothing private here.").waitFor();
    await page.getByText("The room is run by you").waitFor();
    const members = page.getByRole("complementary", { name: "Members of Circle" });
    await members.getByText("Encryption", { exact: true }).click();
    await members.getByText("In use now: Blowfish").waitFor();
    await members.getByLabel("As in all groups").check();
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-weak");
    await members.getByRole("button", { name: "Apply" }).click();
    await asked(mock, `PUT ${at}/suites {"suites":null}`);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("Encryption in groups", { exact: true }).click();
    await page.getByLabel("Blowfish (LSIM, 2003), weak").last().check();
    await page.getByText("is weak: what is written with it may be read").waitFor();
    await picture(page, "settings-group-suites");
    await page.getByRole("button", { name: "Apply" }).last().click();
    await asked(
      mock,
      'PUT /api/group-suites {"suites":["aes-256-gcm","aes-128-cbc-hmac","lsim-2003"]}',
    );
  },
  old({}),
);

dashboard(
  "who is invited to a group in LSIM's suite is warned, and allows it in that group",
  async (page, mock) => {
    const card = page.getByRole("article", { name: "Invitation to the group Circle" });
    await card.getByText("Every member has to allow it for this group").waitFor();
    await picture(page, "group-invitation-weak");
    await card.getByLabel("Allow Blowfish (LSIM, 2003), weak in this group").check();
    assert.deepEqual(await seriousViolations(page), []);
    await card.getByRole("button", { name: "Join" }).click();
    await asked(mock, `PUT ${at}/suites {"suites":["aes-256-gcm","lsim-2003"]}`);
    await asked(mock, `POST ${at}/invitation {"answer":"accept"}`);
  },
  old({
    state: "invited",
    invitation: { from: BEN, reason: "", mediated: false, at: Date.now(), later: false },
    epoch: null,
    members: [],
    suites: { group: ["lsim-2003"], allowed: ["aes-256-gcm"], own: false },
  }),
);

dashboard("a group whose keys are kept elsewhere says who can read it then", async (page, mock) => {
  await page.getByRole("button", { name: "New group or room" }).click();
  await page.getByLabel("Name of the group").fill("Lab");
  await page.getByText("Have the keys kept elsewhere").click();
  await page.getByLabel("Address of the key server").fill("keys.example.org");
  await page.getByText("kept by keys.example.org: who runs it can read the group").waitFor();
  await page.getByLabel("Its key").fill("AB".repeat(32));
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "group-new-elsewhere");
  await page.getByRole("button", { name: "Make the group" }).click();
  const keyServer = `{"jid":"keys.example.org","key":"${"ab".repeat(32)}"}`;
  await asked(mock, `POST /api/groups {"name":"Lab","keyServer":${keyServer}}`);
});

dashboard(
  "what a registrar wants is asked for where one comes in, for that one alone",
  async (page, mock) => {
    const card = page.getByRole("article", { name: "Invitation to the group Circle" });
    await card.getByText("It is shown to people at https://people.example.org/ticket").waitFor();
    await card.getByLabel("Your password there").fill("correct horse");
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "group-ticket");
    await card.getByLabel("Registrar", { exact: true }).selectOption("office");
    const pem = (words: string) => ({ name: "x.pem", mimeType: "", buffer: Buffer.from(words) });
    await card.getByLabel("Client certificate (PEM)").setInputFiles(pem("certificate"));
    await card.getByLabel("Its private key (PEM)").setInputFiles(pem("key"));
    await card.getByRole("button", { name: "Join" }).click();
    const ticket = `{"registrar":"office","certificate":"certificate","key":"key"}`;
    await asked(mock, `POST ${at}/invitation {"answer":"accept","ticket":${ticket}}`);
  },
  (mock) => {
    invited(mock);
    const registrars = [
      { name: "people", method: "directory", address: "https://people.example.org/ticket" },
      { name: "office", method: "certificate", address: "https://office.example.org/ticket" },
    ] as const;
    mock.putGroup({ ...mock.state.groups.get(CIRCLE)!, registrars: [...registrars] });
  },
);

dashboard(
  "a device one no longer has is taken out, also by who leads nothing",
  async (page, mock) => {
    await openChat(page, "Circle");
    await page.getByRole("button", { name: "Show members" }).click();
    await page.getByLabel("Your other devices in this group").click();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole("button", { name: "Take out the device fedcba9876543210" }).click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("that device cannot read what is said from then on").waitFor();
    await dialog.getByRole("button", { name: "Take out" }).click();
    await asked(
      mock,
      `POST ${at}/expel {"member":"anna@anna-desk.simppd.invalid/fedcba9876543210"}`,
    );
    await page.getByLabel("Your other devices in this group").waitFor({ state: "detached" });
  },
  (mock) => {
    const own = { role: "member", trust: "own" } as const;
    mock.putGroup(fakeGroup(CIRCLE, {
      role: "member",
      members: [
        fakeGroupMember({ ...own, self: true }),
        fakeGroupMember({ ...own, device: "fedcba9876543210" }),
      ],
    }));
  },
);

dashboard("a group that was ended is deleted here", async (page, mock) => {
  await openChat(page, "Circle");
  await page.getByText("This group was ended by an owner.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Ask again" }).count(), 0);
  await page.getByRole("button", { name: "Delete it here" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("The group was ended.").waitFor();
  await dialog.getByRole("button", { name: "Delete it here" }).click();
  await asked(mock, `POST ${at}/leave`);
  await page.getByRole("heading", { name: "Circle", exact: true }).waitFor({ state: "detached" });
}, (mock) => {
  inCircle(mock);
  const problem = { code: "group-closed", message: "This group was ended by an owner." };
  mock.putGroup(fakeGroup(CIRCLE, { state: "out", role: "member", epoch: null, problem }));
});

dashboard("at 360 px a group fits, and the lock stays in its head", async (page) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("button", { name: /Circle/ }).click();
  await said(page, "Between us");
  const lock = page.locator(".room-head .trust-sealed .icon");
  const [box, head] = [await lock.boundingBox(), await page.locator(".room-head").boundingBox()];
  assert(box !== null && head !== null && box.width > 0);
  assert(box.x >= 0 && box.x + box.width <= 360 && box.y + box.height <= head.y + head.height);
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "group-360");
}, inCircle);

dashboards.test("dashboard: encrypted groups");

/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import {
  fakeCall,
  fakeContact,
  fakeInfo,
  fakeMessage,
  fakeStatus,
  fakeTrust,
} from "./testing/fake_state.ts";
import { seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat, said } from "./testing/dashboards.ts";
import type { MockApi } from "./testing/mock_api.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;

const activeCall = (change = {}) =>
  fakeCall(BEN, { state: "active", activeAt: Date.now(), info: fakeInfo(change) });

const firstRun = (mock: MockApi) =>
  void (mock.state.status = fakeStatus({ state: "none", account: null, server: null }));

dashboard(
  "a page without session says how to get one; a launch link opens one",
  async (page, mock) => {
    await page.getByText("simppd open", { exact: true }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.goto(`${mock.url}#launch=used`);
    await page.getByText("already used").waitFor();
    assert.equal(new URL(page.url()).hash, "");
    await page.goto(`${mock.url}#launch=good`);
    await page.getByRole("heading", { name: "Anna" }).waitFor();
    assert.equal(new URL(page.url()).hash, "");
  },
  (mock) => void (mock.state.session = false),
);

dashboard("first run offers three ways and warns before others are let in", async (page, mock) => {
  await page.getByRole("button", { name: /Join with an invitation/ }).waitFor();
  await page.getByRole("button", { name: /Sign in to an XMPP/ }).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: /Carry a server/ }).click();
  await page.getByRole("heading", { name: "What cannot be undone" }).waitFor();
  await page.getByLabel("Your name").fill("Anna");
  await page.getByRole("radio", { name: /Let others in/ }).check();
  await page.getByText("listen on every network").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Start my server" }).click();
  await page.getByRole("button", { name: "Invite someone" }).waitFor();
  assert(mock.log.includes('POST /api/setup/carry {"nick":"Anna","reach":"network"}'));
}, firstRun);

dashboard("a name without a letter for an address asks for one", async (page, mock) => {
  await page.getByRole("button", { name: /Carry a server/ }).click();
  const name = page.getByLabel("Your name");
  const address = page.getByLabel("Name in your address");
  await name.fill("Zoë");
  assert.equal(await address.count(), 0);
  await name.fill("羅");
  await address.fill("luo");
  await page.getByRole("button", { name: "Start my server" }).click();
  await asked(
    mock,
    'POST /api/setup/carry {"nick":"羅","username":"luo","reach":"this-machine"}',
  );
}, firstRun);

dashboard("a chat shows, sends, marks read, and keeps a refused text", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await said(page, "Missed call from Ben Ortiz");
  await asked(mock, `POST /api/contacts/${BEN}/read`);
  const field = page.getByLabel("Message Ben Ortiz");
  await field.fill("first line");
  await field.press("Shift+Enter");
  await field.pressSequentially("second");
  await field.press("Enter");
  await page.getByText("first line\nsecond").waitFor();
  await asked(mock, `POST /api/contacts/${BEN}/messages {"body":"first line\\nsecond"}`);
  assert.equal(await field.inputValue(), "");

  await field.fill("refuse this");
  await field.press("Enter");
  await page.getByText("You are not online.").waitFor();
  assert.equal(await field.inputValue(), "refuse this");

  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("Sent again").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
});

dashboard("what others chose stays text", async (page, mock) => {
  const body = "<img src=x onerror=alert(1)> \u202Egnp.exe";
  mock.putContact(fakeContact("m@evil.example", { name: "<b>M</b>\u202E" }));
  await openChat(page, "<b>M</b>");
  mock.putMessage(fakeMessage("m@evil.example", { body }));
  await page.getByText("<img src=x onerror").waitFor();
  assert.equal(await page.locator(".chat img, .chat b").count(), 0);
  assert.equal(await page.locator(".chat-name bdi").count(), 1);
});

dashboard("older messages load on scroll and the place is kept", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await said(page, "line 129");
  assert.equal(await page.getByText("line 79", { exact: true }).count(), 0);
  await page.getByRole("log").evaluate((log) => log.scrollTop = 10);
  await page.getByText("line 79", { exact: true }).waitFor({ state: "attached" });
  const top = await page.getByRole("log").evaluate((log) => log.scrollTop);
  assert(top > 500, `the place was lost: ${top}`);
  await asked(mock, `GET /api/contacts/${BEN}/messages`);
}, (mock) => {
  const start = Date.now() - 86_400_000;
  const lines = Array.from(
    { length: 130 },
    (_, n) => fakeMessage(BEN, { body: `line ${n}`, at: start + n * 1000 }),
  );
  mock.state.messages.set(BEN, lines);
});

dashboard("contacts: search, request, add, rename, block, remove", async (page, mock) => {
  await page.getByLabel("Search contacts").fill("chiara");
  await page.getByRole("button", { name: "Ben Ortiz" }).waitFor({ state: "detached" });
  await page.getByLabel("Search contacts").fill("");
  await page.getByRole("button", { name: "Deny" }).click();
  await asked(mock, 'PATCH /api/contacts/gia@chat.example {"accept":false}');

  await page.getByRole("button", { name: "Add contact" }).click();
  await page.getByLabel("XMPP address").fill("nonsense");
  await page.getByRole("button", { name: "Send request" }).click();
  await page.getByText("is not an address").waitFor();
  await page.getByLabel("XMPP address").fill("hana@example.org");
  await page.getByRole("button", { name: "Send request" }).click();
  await page.getByRole("heading", { name: /Say hello to hana/ }).waitFor();

  await page.getByTitle("Contact details").click();
  await page.getByRole("textbox", { name: "Name" }).fill("Hana");
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Say hello to Hana" }).waitFor();

  await page.getByTitle("Contact details").click();
  await page.getByRole("button", { name: "Block", exact: true }).click();
  await page.getByRole("button", { name: "Unblock" }).first().waitFor();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("button", { name: "Remove contact" }).click();
  await page.getByRole("heading", { name: "Pick a conversation" }).waitFor();
  await asked(mock, "DELETE /api/contacts/hana@example.org");
});

dashboard("a changed key stops writing until the numbers were compared", async (page, mock) => {
  await openChat(page, "Dmitri");
  await page.getByText("Nothing is sent to the keys in doubt").waitFor();
  assert(await page.getByRole("button", { name: "Start call" }).isDisabled());
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Compare safety number" }).click();
  const groups = page.getByRole("list", { name: "Safety number" }).getByRole("listitem");
  await groups.first().waitFor();
  assert.equal(await groups.count(), 12);
  for (const group of await groups.allInnerTexts()) assert.match(group, /^\d{5}$/);
  await page.getByRole("img", { name: "QR code of the safety number" }).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "They match" }).click();
  await page.getByRole("heading", { name: "Verified" }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByLabel("Message Dmitri").waitFor();
  await asked(mock, "POST /api/contacts/dmitri@jabber.example/verify");
});

dashboard("an invitation is shown as link and QR code", async (page) => {
  await page.getByRole("button", { name: "Invite someone" }).click();
  await page.getByRole("img", { name: "QR code of the invitation link" }).waitFor();
  assert.match(
    await page.getByRole("textbox", { name: "Invitation link" }).inputValue(),
    /^simppd:/,
  );
  assert.deepEqual(await seriousViolations(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

dashboard(
  "a call rings, names both sides, is accepted, and its picture moves",
  async (page, mock) => {
    await openChat(page, "Ben Ortiz");
    mock.putCall(fakeCall(BEN, { direction: "in" }));
    const dialogue = page.getByRole("alertdialog");
    await dialogue.getByText(BEN).waitFor();
    await dialogue.getByText("anna@anna-desk.simppd.invalid").waitFor();
    assert.match(await page.title(), /is calling/);
    assert.deepEqual(await seriousViolations(page), []);
    await dialogue.getByRole("button", { name: "Accept", exact: true }).click();
    await page.getByAltText("Picture from Ben Ortiz").waitFor();
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>(".remote-picture")!;
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 16;
      const context = canvas.getContext("2d")!;
      if (image.naturalWidth === 0) return false;
      context.drawImage(image, 0, 0, 16, 16);
      const seen = context.getImageData(0, 0, 16, 16).data.join();
      const page = globalThis as { firstPicture?: string };
      page.firstPicture ??= seen;
      return page.firstPicture !== seen;
    });
    await page.keyboard.press("i");
    const info = page.getByRole("complementary", { name: "Call info" });
    await info.getByText("simpp-pq").waitFor();
    await info.getByText("No sound yet").waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Call ended").first().waitFor();
    await page.locator(".ended").getByRole("button", { name: "Close" }).click();
    await page.getByLabel("Message Ben Ortiz").waitFor();
  },
);

dashboard(
  "a call may be put aside and declined, or accepted without camera",
  async (page, mock) => {
    const call = fakeCall(BEN, { direction: "in" });
    mock.putCall(call);
    await page.getByRole("button", { name: "Later" }).click();
    await asked(mock, `POST /api/calls/${call.id}/later`);
    await openChat(page, "Ben Ortiz");
    await page.getByRole("button", { name: "Decline" }).click();
    await asked(mock, `POST /api/calls/${call.id}/decline`);

    const other = fakeCall(BEN, { direction: "in" });
    mock.putCall(other);
    await page.getByRole("button", { name: "Accept with camera off" }).click();
    await asked(mock, `POST /api/calls/${other.id}/accept {"camera":"off"}`);
    await page.getByText("Your camera is off").waitFor();
  },
);

dashboard("typing when a call comes answers nothing", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  mock.putCall(fakeCall(BEN, { direction: "in" }));
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.type("add a lot", { delay: 10 });
  await page.keyboard.press("Enter");
  assert.equal(mock.log.some((line) => /accept|decline|later/.test(line)), false);
  await page.waitForTimeout(1300);
  await page.keyboard.press("d");
  await asked(mock, "POST /api/calls/");
});

dashboard("a picture that stops is said to be stalled, though nobody tells", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  mock.putCall(activeCall());
  await page.getByAltText("Picture from Ben Ortiz").waitFor();
  await page.getByText("Picture stalled").waitFor({ timeout: 6000 });
  await page.keyboard.press("o");
  await page.getByLabel("Size").selectOption("1280x720");
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Apply" }).click();
  await asked(mock, "PATCH /api/calls/");
  assert(mock.log.some((line) => line.includes('"size":"1280x720"')));
});

dashboard("one chats on during a call, and a picture can be kept", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  mock.putCall(activeCall());
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Keep a picture" }).click();
  const file = (await download).suggestedFilename();
  assert.match(file, /^Ben_Ortiz_.*\.jpg$/);
  await page.getByText(`The picture is kept as ${file}`).waitFor();
  await page.getByRole("button", { name: "Chat during the call" }).first().click();
  await page.getByRole("complementary", { name: "Running call" }).waitFor();
  await page.getByLabel("Message Ben Ortiz").fill("on we go");
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Back to the call" }).click();
  await page.getByRole("button", { name: "Full screen" }).waitFor();
});

dashboard("a lost stream is shown and comes back with what was missed", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  await said(page, "No hurry.");
  await page.context().setOffline(true);
  mock.breakStreams();
  await page.getByText("Reconnecting").waitFor();
  await page.getByText("simppd does not answer").waitFor();
  await page.getByRole("button", { name: "Start call" }).and(page.locator(":disabled")).waitFor();
  mock.state.messages.get(BEN)!.push(fakeMessage(BEN, { body: "missed meanwhile" }));
  await page.context().setOffline(false);
  await said(page, "missed meanwhile");
  await page.getByText("Reconnecting").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Start call" }).and(page.locator(":enabled")).waitFor();
});

dashboard("open invitations are listed and taken back", async (page, mock) => {
  mock.state.invitations = [{ id: "feedfeedfeedfeed", inviter: null, expires: Date.now() + 9e8 }];
  await page.getByRole("button", { name: "Invite someone" }).click();
  const dialogue = page.getByRole("dialog", { name: "Invite someone" });
  await dialogue.getByText("2 invitations can still be used").click();
  await dialogue.getByText("The server's.").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await dialogue.getByRole("button", { name: /^Revoke/ }).first().click();
  await dialogue.getByText("1 invitation can still be used").waitFor();
  await asked(mock, "DELETE /api/invitations/feedfeedfeedfeed");
  assert.equal(await dialogue.getByText("The server's.").count(), 0);
});

dashboard("while the account is offline nobody is shown as online", async (page, mock) => {
  const row = page.getByRole("list", { name: "Conversations" }).getByRole("button", {
    name: "Ben Ortiz",
  });
  const shown = async () => await row.innerText();
  assert.match(await shown(), /\bOnline\b/);
  const status = { ...mock.state.status, state: "offline" as const };
  mock.emit({ type: "status", data: status });
  await row.getByText("Not known while you are offline").waitFor();
  assert.doesNotMatch(await shown(), /\bOnline\b/);
  mock.emit({ type: "status", data: mock.state.status });
  await row.getByText("Online", { exact: true }).waitFor();
});

dashboard(
  "an empty chat says what becomes of what is written, as far as it is known",
  async (page, mock) => {
    const jid = "nora@x.example";
    const noKeys = fakeTrust({ state: "unknown", fingerprint: null, suite: null, mutual: false });
    mock.state.messages.set(jid, []);
    mock.putContact(fakeContact(jid, { name: "Nora", trust: noKeys }));
    await openChat(page, "Nora");
    const log = page.getByRole("log");
    const call = page.getByRole("button", { name: "Start call" });
    await log.getByText("They have shown no keys yet.").waitFor();
    assert.equal(await log.getByText("is encrypted").count(), 0);
    assert(await call.isDisabled());
    assert.match((await call.getAttribute("title"))!, /no keys yet/);

    mock.putContact(fakeContact(jid, { name: "Nora", trust: noKeys, plain: true }));
    await log.getByText("What you write here is not encrypted").waitFor();
    assert(await call.isDisabled());

    mock.putContact(fakeContact(jid, { name: "Nora", trust: fakeTrust({ state: "first-use" }) }));
    await log.getByText("is encrypted on this machine").waitFor();
    assert(await call.isEnabled());

    const changed = fakeTrust({ state: "changed", doubt: "new-key" });
    mock.putContact(fakeContact(jid, { name: "Nora", trust: changed }));
    await log.getByText("Nothing can be sent to them for now.").waitFor();
  },
);

dashboard("a call beside a chat at 360 px hides none of its lines", async (page, mock) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openChat(page, "Ben Ortiz");
  mock.putCall(activeCall());
  await page.getByRole("button", { name: "Chat during the call" }).first().click();
  const mini = await page.getByRole("complementary", { name: "Running call" }).boundingBox();
  await said(page, "Shall we try the call now?");
  const boxes = await Promise.all(
    [page.getByRole("log"), page.getByLabel("Message Ben Ortiz")].map((part) => part.boundingBox()),
  );
  for (const box of boxes) {
    assert(mini!.y + mini!.height <= box!.y || box!.y + box!.height <= mini!.y);
  }
  assert(mini!.x >= 0 && mini!.x + mini!.width <= 360);
  assert.deepEqual(await seriousViolations(page), []);
  const shot = Deno.env.get("SHOT");
  if (shot) await page.screenshot({ path: shot });
});

dashboard("at 360 px one side is seen at a time and nothing is cut off", async (page) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const fits = () =>
    page.evaluate(() =>
      document.documentElement.scrollWidth <= document.documentElement.clientWidth
    );
  assert(await fits());
  await openChat(page, "Ben Ortiz");
  assert(await fits());
  assert.equal(await page.getByLabel("Search contacts").isVisible(), false);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Back to contacts" }).click();
  await page.getByLabel("Search contacts").waitFor();
});

dashboard(
  "who carries no server invites nobody, and reads where other programs find it",
  async (page) => {
    await page.getByRole("button", { name: "Settings" }).click();
    const dialogue = page.getByRole("dialog");
    await dialogue.getByRole("heading", { name: "Other programs" }).waitFor();
    await dialogue.getByText("People who use simppd will not see").waitFor();
    await dialogue.getByLabel("Password for the account").waitFor();
    await dialogue.getByText("192.168.1.20:5223").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Invite someone" }).count(), 0);
    assert.deepEqual(await seriousViolations(page), []);
  },
  (mock) => {
    mock.state.status = fakeStatus({ server: null });
  },
);

dashboard(
  "what failed before plain was chosen says that it would go in clear",
  async (page, mock) => {
    mock.putContact(fakeContact("p@x.example", { name: "Pia", plain: true }));
    await openChat(page, "Pia");
    mock.putMessage(fakeMessage("p@x.example", {
      mine: true,
      body: "meant to be sealed",
      delivery: "failed",
      problem: { code: "no-keys", message: "No keys." },
      suite: null,
    }));
    await page.getByRole("button", { name: "Send again without encryption" }).waitFor();
  },
);

dashboard("settings: theme, letting others in, health, lock", async (page, mock) => {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("radio", { name: "Dark" }).check();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.getByRole("button", { name: "Let others in" }).click();
  await page.getByText("listen on every network").waitFor();
  await page.getByRole("button", { name: "Let others in" }).click();
  await page.getByText("Others can reach it.").waitFor();
  const outside = page.getByLabel("Address for others");
  await outside.fill("chat.example.org");
  await outside.press("Enter");
  await page.getByRole("button", { name: "Save", disabled: true }).first().waitFor();
  assert.equal(mock.state.status.server!.address, "chat.example.org");
  await page.getByText("this machine's address, port 5222 (STARTTLS)").waitFor();
  await page.getByText("this machine's address, port 5443 (WebSocket, uploads)").waitFor();
  await page.getByLabel("Password for the account").fill("correct horse");
  const twice = page.getByLabel("That password again");
  await twice.fill("correct house");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("The two passwords differ.").waitFor();
  await twice.fill("correct horse");
  await page.getByRole("button", { name: "Set the password" }).click();
  await asked(mock, 'POST /api/account/password {"password":"correct horse"}');
  await page.getByRole("button", { name: "Run the checks" }).click();
  await page.getByText("private to you").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Sign out of this page" }).click();
  await page.getByText("simppd open", { exact: true }).waitFor();
  await asked(mock, "DELETE /api/session");
});

dashboards.test("the dashboard in Chromium");

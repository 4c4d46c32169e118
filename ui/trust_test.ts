/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat, SEEN_CODE } from "./testing/dashboards.ts";
import { fakeStatus } from "./testing/fake_state.ts";
import type { MockApi } from "./testing/mock_api.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const CHIARA = "chiara@example.org";

const devicesOf =
  (change: Partial<ReturnType<typeof fakeStatus>["devices"]>) => (mock: MockApi) => {
    const status = fakeStatus();
    mock.state.status = { ...status, devices: { ...status.devices, ...change } };
  };

async function openVerify(page: Page, name: string): Promise<void> {
  await openChat(page, name);
  await page.getByTitle("Contact details").click();
  await page.getByRole("button", { name: "Verify", exact: true }).click();
  await page.getByRole("list", { name: "Safety number" }).waitFor();
}

/** Tracks that the page's cameras still hold. */
const liveTracks = (page: Page) =>
  page.evaluate(() => {
    const page = globalThis as unknown as { streams: MediaStream[] };
    return page.streams.flatMap((stream) => stream.getTracks())
      .filter((track) => track.readyState === "live").length;
  });

/** Waits until no camera is held: the browser needs a moment to let go of one. */
const camerasEnd = (page: Page) =>
  page.waitForFunction(() =>
    (globalThis as unknown as { streams: MediaStream[] }).streams
      .flatMap((stream) => stream.getTracks()).every((track) => track.readyState !== "live")
  );

async function watchCameras(page: Page): Promise<void> {
  await page.evaluate(() => {
    const page = globalThis as unknown as { streams: MediaStream[] };
    page.streams = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      page.streams.push(stream);
      return stream;
    };
  });
}

const opened = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { streams: MediaStream[] }).streams.length);

dashboard("a scanned code verifies, and the camera is let go at once", async (page, mock) => {
  await openVerify(page, "Chiara Romano");
  await watchCameras(page);
  assert.equal(await opened(page), 0);
  await page.getByRole("button", { name: "Scan their code" }).click();
  await page.getByRole("heading", { name: "Verified" }).waitFor();
  await page.getByText("Chiara Romano is verified.").waitFor();
  await asked(mock, `POST /api/contacts/${CHIARA}/verify {"qr":"${SEEN_CODE}"}`);
  await camerasEnd(page);
  assert.equal(await opened(page), 1);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator(".chat-head .trust-verified").waitFor();
});

dashboard("a code of other keys is a clear warning, and stops sending", async (page) => {
  await openVerify(page, "Chiara Romano");
  await page.getByRole("button", { name: "Scan their code" }).click();
  const warning = page.getByRole("alert").getByText("This is not the same key");
  await warning.waitFor();
  const background = await page.locator(".callout-danger").evaluate((element) =>
    getComputedStyle(element).backgroundColor
  );
  const [red = 0, green = 0, blue = 0] = background.match(/\d+/g)!.map(Number);
  assert(red > green && red > blue, background);
  assert.deepEqual(await seriousViolations(page), []);
  assert.equal(await page.getByRole("button", { name: "They match" }).count(), 0);
  await page.getByRole("button", { name: "Compare again" }).click();
  await warning.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "They match" }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByRole("heading", { name: "You said that the numbers differ" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message Chiara" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Keep refusing" }).count(), 0);
  await page.locator(".chat-head").getByText("Numbers differ").waitFor();
}, (mock) => void (mock.state.code = "simpp-verify:2:other:ours"));

dashboard("a text that is no code alarms nobody, and one's own is at hand", async (page, mock) => {
  await openVerify(page, "Chiara Romano");
  await page.getByRole("button", { name: "Copy my code's text" }).waitFor();
  await page.getByText("Paste the code's text").click();
  await page.getByLabel("Text of their code").fill("https://example.org/");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").getByText("This is no code of simppd's.").waitFor();
  assert.equal(await page.getByText("This is not the same key").count(), 0);
  await page.getByRole("button", { name: "They match" }).waitFor();
  await page.getByRole("button", { name: "They differ" }).click();
  await asked(mock, `POST /api/contacts/${CHIARA}/decide {"accept":false}`);
});

dashboard(
  "trusting a key without comparing asks first, refusing it is said",
  async (page, mock) => {
    await openChat(page, "Dmitri");
    const banner = page.locator(".banner-danger");
    await banner.getByText("Dmitri's account key changed").waitFor();
    await banner.getByRole("button", { name: "Trust the new key" }).click();
    await banner.getByText("Trust this key without comparing?").waitFor();
    assert(!mock.log.some((line) => line.includes("/decide")));
    await banner.getByRole("button", { name: "Cancel" }).click();
    await banner.getByRole("button", { name: "Keep refusing" }).click();
    await banner.getByText("You refuse Dmitri's new key").waitFor();
    assert.equal(await banner.getByRole("button", { name: "Keep refusing" }).count(), 0);
    assert.deepEqual(await seriousViolations(page), []);
    await banner.getByRole("button", { name: "Trust the new key" }).click();
    await banner.getByRole("button", { name: "Trust without comparing" }).click();
    await banner.waitFor({ state: "detached" });
  },
);

dashboard(
  "security is said once: where it is seen, or in a note that covers nothing",
  async (page, mock) => {
    const event = (contact: string) => ({
      type: "security" as const,
      data: { at: Date.now(), code: "keys-changed", message: "Keys changed, said once.", contact },
    });
    await page.bringToFront();
    await openChat(page, "Dmitri");
    const note = page.locator(".notice").filter({ hasText: "said once" });
    mock.emit(event(CHIARA));
    await note.waitFor();
    for (const width of [1100, 360]) {
      await page.setViewportSize({ width, height: 740 });
      const covered = await page.evaluate(() => {
        const { top } = document.querySelector(".notices")!.getBoundingClientRect();
        return [...document.querySelectorAll(".chat-head button, .banner button, .composer-note")]
          .filter((one) => one.getBoundingClientRect().bottom > top).length;
      });
      assert.equal(covered, 0, String(width));
    }
    await note.getByRole("button", { name: "Look" }).click();
    await note.waitFor({ state: "detached" });
    mock.emit(event(CHIARA));
    mock.emit(event("dmitri@jabber.example"));
    await note.waitFor();
    assert.equal(await note.count(), 1);
  },
);

dashboard(
  "nothing is green before it was compared, or where nothing is sent",
  async (page, mock) => {
    await openChat(page, "Chiara Romano");
    const line = page.locator(".secure-line");
    await line.getByText("Encrypted; not compared yet").waitFor();
    assert.equal(await page.locator(".secure-line-good").count(), 0);
    await openChat(page, "Ben Ortiz");
    await page.locator(".secure-line-good").getByText("Verified").waitFor();
    const { trust, ...ben } = mock.state.contacts.get(BEN)!;
    mock.putContact({ ...ben, trust: { ...trust, policy: ["simpp-modern"] } });
    await line.waitFor({ state: "detached" });
    mock.putContact({ ...ben, trust });
    await line.waitFor();
    devicesOf({ state: "unlinked", absence: "removed" })(mock);
    mock.emit({ type: "status", data: mock.state.status });
    await line.waitFor({ state: "detached" });
  },
);

dashboard("who writes to verified contacts only is asked to verify first", async (page) => {
  await openChat(page, "Chiara Romano");
  assert(await page.getByRole("button", { name: "Start call" }).isDisabled());
  assert.equal(await page.getByRole("textbox", { name: "Message Chiara" }).count(), 0);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Verify first" }).click();
  await page.getByRole("button", { name: "They match" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("textbox", { name: "Message Chiara" }).waitFor();
}, (mock) => void (mock.state.status = fakeStatus({ blindTrust: false })));

dashboard(
  "verification has its word at 360 px, and a name that says what it does",
  async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await openChat(page, "Ben Ortiz");
    const button = page.getByRole("button", { name: "Verified: show the safety number" });
    assert.match(await button.innerText(), /Verified/);
    await page.getByRole("button", { name: "Back to contacts" }).click();
    await openChat(page, "Chiara Romano");
    const verify = page.getByRole("button", { name: "Not verified: compare the safety number" });
    const box = await verify.getByText("Not verified").boundingBox();
    assert(box !== null && box.width > 20 && box.height > 10);
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    assert.deepEqual(await seriousViolations(page), []);
  },
);

dashboard("a code is taken as text too, and a camera left is let go", async (page, mock) => {
  await openVerify(page, "Chiara Romano");
  await watchCameras(page);
  await page.evaluate(() => {
    // A browser with a decoder of its own, which sees nothing.
    Object.assign(globalThis, {
      BarcodeDetector: class {
        static getSupportedFormats(): Promise<string[]> {
          return Promise.resolve(["qr_code"]);
        }
        detect(): Promise<unknown[]> {
          return Promise.resolve([]);
        }
      },
    });
  });
  await page.getByRole("button", { name: "Scan their code" }).click();
  await page.locator("video").waitFor();
  await page.waitForFunction(() => document.querySelector("video")!.videoWidth > 0);
  assert.equal(await liveTracks(page), 1);
  await page.getByRole("button", { name: "Stop the camera" }).click();
  await page.locator("video").waitFor({ state: "detached" });
  await camerasEnd(page);
  await page.getByText("Paste the code's text").click();
  await page.getByLabel("Text of their code").fill(SEEN_CODE);
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("heading", { name: "Verified" }).waitFor();
  assert(!mock.log.some((line) => line.includes("scanner")));
});

dashboard("encryption with a contact is shown and chosen in plain words", async (page, mock) => {
  await openChat(page, "Chiara Romano");
  await page.getByTitle("Contact details").click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByText("Both sides proved their keys").waitFor();
  assert(await dialogue.getByRole("radio", { name: /As with everybody/ }).isChecked());
  await dialogue.getByText("Post-quantum, Modern").waitFor();
  await dialogue.getByRole("radio", { name: /Choose for this contact/ }).check();
  assert.equal(await dialogue.locator(".callout-danger").count(), 0);
  await dialogue.getByRole("checkbox", { name: /Paper profile 2009, weak/ }).check();
  await dialogue.getByText("never for anything private").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await dialogue.getByRole("checkbox", { name: /Post-quantum/ }).uncheck();
  await dialogue.getByRole("checkbox", { name: /Modern/ }).uncheck();
  await dialogue.getByRole("button", { name: "Apply" }).click();
  await asked(mock, `PUT /api/contacts/${CHIARA}/policy {"suites":["simpp-2009"]}`);
  await dialogue.getByRole("checkbox", { name: /Paper profile/ }).uncheck();
  await dialogue.getByText("At least one must stay allowed").waitFor();
  assert(await dialogue.getByRole("button", { name: "Apply" }).isDisabled());
  await dialogue.getByRole("radio", { name: /As with everybody/ }).check();
  await dialogue.getByRole("button", { name: "Apply" }).click();
  await asked(mock, `PUT /api/contacts/${CHIARA}/policy {"suites":null}`);
});

dashboard("a contact on the paper's profile is marked weak", async (page) => {
  const row = page.getByRole("list", { name: "Conversations" }).getByRole("listitem")
    .filter({ hasText: "Faruk" });
  await row.locator(".trust-weak").getByText("Paper profile, weak").waitFor({ state: "attached" });
  await openChat(page, "Faruk");
  await page.locator(".chat").getByText("by the weak paper profile only").waitFor();
  await page.locator(".chat-head").getByText("Paper profile, weak").waitFor();
  await page.getByTitle("Contact details").click();
  await page.getByText("Write nothing private here").waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  assert(await page.getByRole("dialog").evaluate((one) => one.scrollWidth <= one.clientWidth));
  assert.deepEqual(await seriousViolations(page), []);
});

dashboard("encryption with everybody is chosen in settings", async (page, mock) => {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("checkbox", { name: /^Modern/ }).uncheck();
  await page.getByRole("button", { name: "Apply" }).click();
  await asked(mock, 'PUT /api/policy {"suites":["simpp-pq"]}');
});

dashboard(
  "calls through the relay only are chosen in settings, and by any way again",
  async (page, mock) => {
    await page.getByRole("button", { name: "Settings" }).click();
    const relayOnly = page.getByRole("switch", { name: /^Calls through your server's relay only/ });
    assert.equal(await relayOnly.isChecked(), false);
    await relayOnly.check();
    await asked(mock, 'PUT /api/call-route {"route":"relay-only"}');
    assert.deepEqual(await seriousViolations(page), []);
    await relayOnly.uncheck();
    await asked(mock, 'PUT /api/call-route {"route":"any"}');
  },
);

dashboard("a device that asks is announced, compared and approved", async (page, mock) => {
  await page.getByRole("heading", { name: "Anna" }).waitFor();
  const requests = [{ id: "fedcba9876543210", code: "11111 22222 33333 44444 55555 66666" }];
  devicesOf({ requests })(mock);
  mock.emit({ type: "status", data: mock.state.status });
  await page.getByText("Another device asks to join").waitFor();
  await page.getByRole("button", { name: "Look" }).click();
  const code = page.getByRole("list", { name: "Code of 30 digits" }).getByRole("listitem");
  assert.deepEqual(await code.allInnerTexts(), [
    "11111",
    "22222",
    "33333",
    "44444",
    "55555",
    "66666",
  ]);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: /approve/ }).click();
  await asked(mock, "POST /api/devices/fedcba9876543210/approve");
  const devices = page.getByRole("list", { name: "Your devices" }).getByRole("listitem");
  await devices.nth(1).waitFor();
  assert.match(await devices.nth(0).innerText(), /This device/);
  await page.getByRole("button", { name: "Remove fedcba9876543210" }).click();
  assert.equal(mock.log.some((line) => line.startsWith("DELETE /api/devices")), false);
  await page.getByText("can still log in").waitFor();
  await page.getByRole("button", { name: "Remove device" }).click();
  await asked(mock, "DELETE /api/devices/fedcba9876543210");
  await devices.nth(1).waitFor({ state: "detached" });
});

dashboard(
  "a device that asks can be denied",
  async (page, mock) => {
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByRole("button", { name: "Deny" }).last().click();
    await asked(mock, "POST /api/devices/fedcba9876543210/deny");
    await page.getByRole("group", { name: "A device asks" }).waitFor({ state: "detached" });
  },
  devicesOf({
    requests: [{ id: "fedcba9876543210", code: "11111 22222 33333 44444 55555 66666" }],
  }),
);

dashboard(
  "a device on no list shows its code, and starting anew asks first",
  async (page, mock) => {
    const banner = page.getByRole("region", { name: "Approve this device on your other one" });
    await banner.waitFor();
    assert.deepEqual(
      await banner.getByRole("list", { name: "Code of 30 digits" }).getByRole("listitem")
        .allInnerTexts(),
      ["10293", "84756", "56473", "82910"],
    );
    assert.deepEqual(await seriousViolations(page), []);
    await page.setViewportSize({ width: 360, height: 740 });
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    await banner.getByRole("button", { name: /Start anew/ }).click();
    await banner.getByText("cannot be undone").waitFor();
    assert.equal(mock.log.some((line) => line.includes("start-anew")), false);
    await banner.getByRole("button", { name: "Replace the keys" }).click();
    await asked(mock, "POST /api/devices/start-anew");
    await banner.waitFor({ state: "detached" });
  },
  devicesOf({ state: "unlinked", absence: "new", confirmation: "given" }),
);

dashboard("a new device asks whether both codes are the same, once", async (page, mock) => {
  const banner = page.getByRole("region", { name: "Approve this device on your other one" });
  await banner.getByRole("button", { name: "The codes match" }).click();
  await asked(mock, 'POST /api/devices/confirm {"code":"10293 84756 56473 82910"}');
  await banner.getByText("Approve this device on the other one too").waitFor();
  assert.equal(await banner.getByRole("button", { name: "They differ" }).count(), 0);
  assert.deepEqual(await seriousViolations(page), []);
}, devicesOf({ state: "unlinked", absence: "new", confirmation: "needed" }));

dashboard("codes that differ are an alarm", async (page, mock) => {
  const banner = page.getByRole("region", { name: "Approve this device on your other one" });
  await banner.getByRole("button", { name: "They differ" }).click();
  await asked(mock, "POST /api/devices/refuse");
  await banner.getByRole("alert").getByText("keys that are not yours").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
}, devicesOf({ state: "unlinked", absence: "new", confirmation: "needed" }));

for (const [absence, title] of [["denied", "denied this one"], ["removed", "taken off"]] as const) {
  dashboard(`a device that was ${absence} is told so, and can ask again`, async (page, mock) => {
    const banner = page.getByRole("region", { name: title });
    await banner.waitFor();
    assert.equal(await banner.getByRole("list", { name: "Code of 30 digits" }).count(), 0);
    assert.deepEqual(await seriousViolations(page), []);
    await banner.getByRole("button", { name: "Ask again" }).click();
    await asked(mock, "POST /api/devices/ask");
  }, devicesOf({ state: "unlinked", absence }));
}

dashboard("adding a device: password, link and steps", async (page, mock) => {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Add a device" }).click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByText("Your server only answers on this machine").waitFor();
  await dialogue.getByLabel("Password for the account").fill("a long password");
  await dialogue.getByLabel("That password again").fill("a long password");
  await dialogue.getByRole("button", { name: "Set the password" }).click();
  await asked(mock, 'POST /api/account/password {"password":"a long password"}');
  await dialogue.getByText("The password is set.").waitFor();
  const link = await dialogue.getByRole("textbox", { name: "Link for the new device" })
    .inputValue();
  assert.match(link, /^simppd:device\?jid=anna%40/);
  await dialogue.getByRole("img", { name: "QR code of the link" }).waitFor();
  await dialogue.getByText("Or enter it by hand").click();
  await dialogue.getByText("192.168.1.20:5223, 127.0.0.1:5223").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.setViewportSize({ width: 360, height: 740 });
  assert(await dialogue.evaluate((one) => one.scrollWidth <= one.clientWidth));
});

const firstRun = (mock: MockApi) =>
  void (mock.state.status = fakeStatus({ state: "none", account: null, server: null }));

dashboard(
  "a new device takes the link of another one, and keeps what was typed",
  async (page, mock) => {
    await page.getByRole("button", { name: /Add this device to an account/ }).click();
    const link = page.getByLabel("Link from your other device");
    await link.fill("xmpp:somebody@else");
    await page.getByLabel("Password for the account").fill("wrong");
    const go = page.getByRole("button", { name: "Ask to be added" });
    await go.click();
    await page.getByRole("alert").getByText("This is not the link").waitFor();
    await link.fill("simppd:device?jid=anna%40x.test&nick=Anna&server=192.168.1.20%3A5223&pin=abc");
    await go.click();
    await page.getByRole("alert").getByText("does not take this password").waitFor();
    assert.match(await link.inputValue(), /^simppd:device/);
    await page.getByLabel("Password for the account").fill("right");
    assert.deepEqual(await seriousViolations(page), []);
    await go.click();
    await asked(
      mock,
      'POST /api/setup/sign-in {"jid":"anna@x.test","nick":"Anna","server":"192.168.1.20:5223",' +
        '"pin":"abc","password":"right"}',
    );
    await page.getByRole("heading", { name: "Anna" }).waitFor();
  },
  firstRun,
);

dashboard(
  "the passphrase: what was done is said, and no note stays on the locked page",
  async (page, mock) => {
    await page.getByRole("heading", { name: "Anna" }).waitFor();
    mock.emit({
      type: "security",
      data: { at: Date.now(), code: "refused", message: "Something came.", contact: CHIARA },
    });
    await page.locator(".notice").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("simppd keyring use").waitFor();
    await page.getByText("By SIMPP-1 (simpp-modern), both sides proved").waitFor();
    const set = async () => {
      await page.getByLabel("New passphrase").fill("five words drawn at random");
      const group = page.locator("section").filter({
        has: page.getByRole("heading", { name: "Passphrase", exact: true }),
      });
      await group.getByLabel("The same again").fill("five words drawn at random");
    };
    await set();
    await page.getByRole("button", { name: "Set passphrase" }).click();
    await page.getByText("The passphrase is set.").waitFor();
    await page.getByLabel("Passphrase in use").fill("five words drawn at random");
    await set();
    await page.getByRole("button", { name: "Change passphrase" }).click();
    await page.getByText("The passphrase is changed.").waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    assert(await page.getByRole("dialog").evaluate((one) => one.scrollWidth <= one.clientWidth));
    await page.getByRole("button", { name: "Lock simppd" }).click();
    await page.getByRole("heading", { name: "simppd is locked" }).waitFor();
    assert.equal(await page.locator(".notice").count(), 0);
  },
);

dashboard("replaced keys are an alarm that says what to do", async (page) => {
  const alarm = page.getByRole("alert", { name: /published other keys/ });
  await alarm.getByText("change its password at your server").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
}, devicesOf({ state: "replaced" }));

dashboard("an untrusted certificate says how to pin the server's key", async (page) => {
  await page.getByRole("button", { name: /Sign in to an XMPP/ }).click();
  await page.getByLabel("XMPP address").fill("anna@example.org");
  await page.getByLabel("Password").fill("secret");
  await page.getByLabel("Your name").fill("Anna");
  await page.getByText("Server and certificate").click();
  await page.getByLabel("Server", { exact: false }).first().fill("self-signed.example");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("No authority vouches").waitFor();
  await page.getByText("Pinned key.").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByLabel("Pinned key").fill("n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Anna" }).waitFor();
}, firstRun);

dashboards.test("trust, devices and encryption in Chromium");

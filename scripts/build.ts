/**
 * Builds the dashboard into `ui/dist`: `index.html`, `app.js`, `scanner.js`, `pdf.js.gz` and `app.css`,
 * which the http room imports.
 * Run as `deno run -A scripts/build.ts`.
 * @module
 */

import { gzipSync } from "node:zlib";

const ui = new URL("../ui/", import.meta.url);
const dist = new URL("dist/", ui);

/** Order matters: later sheets may refine earlier ones at equal specificity. */
const SHEETS = [
  "tokens",
  "base",
  "controls",
  "shell",
  "setup",
  "people",
  "chat",
  "rooms",
  "call",
  "display",
  "files",
];

/** Takes comments and needless white space out of a style sheet; strings are left alone. */
export function squeezeCss(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/;}/g, "}")
    .trim();
}

async function bundleScript(
  entry: string,
  out: string,
  format: "esm" | "iife" = "esm",
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "browser",
      "--minify",
      "--format",
      format,
      new URL(entry, ui).pathname,
      "-o",
      new URL(out, dist).pathname,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`bundling failed: ${new TextDecoder().decode(stderr)}`);
}

/** The script of a PDF's frame is large, and served seldom: it stays packed. Same script, same bytes. */
async function bundlePdf(): Promise<void> {
  await bundleScript("display/pdf_worker.ts", "pdf_worker.js", "iife");
  await bundleScript("display/pdf_frame.ts", "pdf.js");
  const plain = new URL("pdf.js", dist);
  await Deno.writeFile(
    new URL("pdf.js.gz", dist),
    gzipSync(await Deno.readFile(plain), { level: 9 }),
  );
  await Deno.remove(plain);
}

async function bundleSheets(): Promise<void> {
  const sheets = await Promise.all(
    SHEETS.map((name) => Deno.readTextFile(new URL(`styles/${name}.css`, ui))),
  );
  await Deno.writeTextFile(new URL("app.css", dist), squeezeCss(sheets.join("\n")));
}

/** Builds all five files anew. */
export async function build(): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  await Promise.all([
    bundleScript("main.tsx", "app.js"),
    bundleScript("scan/decode.ts", "scanner.js"),
    bundlePdf(),
    bundleSheets(),
    Deno.copyFile(new URL("index.html", ui), new URL("index.html", dist)),
  ]);
}

if (import.meta.main) await build();

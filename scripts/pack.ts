/**
 * Makes the one file: a shell header, the Deno runtime and the bundled program behind it.
 * `deno task pack [--main FILE] [--out FILE]`; it runs wherever the runtime it was made from runs.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import config from "../deno.json" with { type: "json" };
import { ENGINE_FLAGS, RIGHTS } from "./start.ts";

const root = new URL("../", import.meta.url);

/** What goes into the file. */
export interface Parts {
  /** The executable that runs the program: Deno's. */
  runtime: Uint8Array;
  /** The program, one JavaScript file. */
  program: Uint8Array;
  /** Version and target triple, for those who look into the file. */
  version: string;
  target: string;
}

/** Bundles `main` and all it imports, the dashboard included, into one minified script. */
export async function bundle(main: string): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "--minify", main],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`bundling ${main} failed:\n${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** Puts header, runtime and program together. Same parts, same bytes. */
export async function assemble(parts: Parts): Promise<Uint8Array<ArrayBuffer>> {
  const runtime = gzipSync(parts.runtime, { level: 9 });
  const program = gzipSync(parts.program, { level: 9 });
  const licence = await Deno.readTextFile(new URL("LICENSE", root));
  const values: Record<string, string> = {
    VERSION: parts.version,
    TARGET: parts.target,
    LICENCE: `Deno is copyright 2018-2026 the Deno authors. ${licence}`
      .trim().replace(/^/gm, "# ").replace(/ +$/gm, ""),
    DIGEST: digest(parts.runtime, parts.program),
    RUNTIME_SIZE: String(parts.runtime.length),
    RUNTIME_PACKED: String(runtime.length),
    RUNTIME_DIGEST: digest(parts.runtime),
    PROGRAM_PACKED: String(program.length),
    PROGRAM_DIGEST: digest(parts.program),
    ENGINE_FLAGS,
    RUN: RIGHTS.run.join(" "),
    ENV: RIGHTS.env.join(","),
    SYS: RIGHTS.sys.join(","),
  };
  const template = await Deno.readTextFile(new URL("pack_header.sh", import.meta.url));
  // The number of lines is known once everything else stands: LINES itself adds none.
  const filled = fill(template, values);
  const header = fill(filled, { LINES: String(filled.split("\n").length) });
  return new Uint8Array(Buffer.concat([new TextEncoder().encode(header), runtime, program]));
}

function fill(text: string, values: Record<string, string>): string {
  return text.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);
}

function digest(...parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      main: { type: "string", default: new URL("main.ts", root).pathname },
      out: { type: "string", default: new URL("dist/simppd", root).pathname },
    },
  });
  if (Deno.build.os === "windows") {
    throw new Error("this file starts with a shell script; on Windows: deno task compile");
  }
  const bytes = await assemble({
    runtime: await Deno.readFile(Deno.execPath()),
    program: await bundle(values.main),
    version: config.version,
    target: Deno.build.target,
  });
  await Deno.mkdir(new URL("./", `file://${values.out}`), { recursive: true });
  await Deno.writeFile(`${values.out}.part`, bytes, { mode: 0o755 });
  await Deno.rename(`${values.out}.part`, values.out);
  await Deno.stdout.write(
    new TextEncoder().encode(`${values.out}: ${(bytes.length / 1e6).toFixed(1)} MB\n`),
  );
}

/**
 * Makes the executable with `deno compile`: program and runtime in one binary, rights pinned inside.
 * `deno task compile [--main FILE] [--out FILE] [--target TRIPLE]`. Deno downloads a base binary for
 * the target the first time; where that cannot be had, `deno task pack` makes one file without it.
 * @module
 */
import { parseArgs } from "node:util";
import { ENGINE_FLAGS, RIGHTS } from "./start.ts";

const root = new URL("../", import.meta.url);

/**
 * The arguments of `deno compile`. A compiled program cannot compute its rights at the start, and a
 * relative path or `$HOME` would be that of the build machine: reading and writing stay open, and
 * the code confines itself to the state directory and to paths a person named.
 */
export function compileArguments(main: string, out: string, target?: string): string[] {
  return [
    "compile",
    "--bundle",
    "--minify",
    "--exclude-unused-npm",
    "--no-prompt",
    "--deny-import",
    ENGINE_FLAGS,
    "--allow-net",
    "--allow-read",
    "--allow-write",
    `--allow-run=${RIGHTS.run.join(",")}`,
    `--allow-env=${RIGHTS.env.join(",")}`,
    `--allow-sys=${RIGHTS.sys.join(",")}`,
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    out,
    main,
  ];
}

/** What a failed `deno compile` means for the person who started it. */
export function explain(stderr: string): string {
  if (!/denort|dl\.deno\.land|download/i.test(stderr)) return "deno compile failed; see above.";
  return "deno compile could not download its base binary (denort) from dl.deno.land. With that " +
    "host reachable, try again; or put denort-<target>.zip of this Deno's release into " +
    `$DENO_DIR/dl/release/v${Deno.version.deno}/; or make one file without it: deno task pack`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      main: { type: "string", default: new URL("main.ts", root).pathname },
      out: { type: "string", default: new URL("dist/simppd", root).pathname },
      target: { type: "string" },
    },
  });
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: compileArguments(values.main, values.out, values.target),
    cwd: root,
    stdout: "inherit",
    stderr: "piped",
  }).output();
  await Deno.stderr.write(stderr);
  if (code !== 0) {
    const sentence = explain(new TextDecoder().decode(stderr));
    await Deno.stderr.write(new TextEncoder().encode(`\n${sentence}\n`));
    Deno.exit(code);
  }
}

/**
 * `deno task coverage`: runs the tests of the rooms that everything else trusts, prints which share
 * of their lines ran, file by file where some did not, and fails when a room has less than 95 %.
 */
import { absolute, fileLines, type Lines, readLcov, share } from "./lcov.ts";

/** Per cent of lines. */
const LEAST = 95;
const ROOMS = ["daemon/crypto/", "daemon/simpp/", "daemon/sframe/"];

async function deno(args: string[], stdout: "inherit" | "piped"): Promise<string> {
  const root = new URL("..", import.meta.url);
  const options = { args, cwd: root, stdout, stderr: "inherit" } as const;
  const output = await new Deno.Command(Deno.execPath(), options).output();
  if (!output.success) Deno.exit(output.code);
  return stdout === "piped" ? new TextDecoder().decode(output.stdout) : "";
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

const folder = await Deno.makeTempDir({ prefix: "simppd-coverage-" });
let files: Map<string, Lines>;
try {
  await deno(
    ["test", "-P=test", `--coverage=${folder}`, "--coverage-raw-data-only", ...ROOMS],
    "inherit",
  );
  files = readLcov(await deno(["coverage", "--lcov", folder], "piped"));
} finally {
  await Deno.remove(folder, { recursive: true });
}
let failed = false;
for (const room of ROOMS) {
  const own = fileLines(files, absolute(room));
  const whole = own.reduce(
    (sum, [, { hit, found }]) => ({ hit: sum.hit + hit, found: sum.found + found }),
    { hit: 0, found: 0 },
  );
  for (const [name, lines] of own) {
    if (lines.hit < lines.found) {
      print(`  ${share(lines).toFixed(1).padStart(5)} %  ${name}: not ${lines.missed.join(", ")}`);
    }
  }
  const enough = whole.found > 0 && share(whole) >= LEAST;
  failed ||= !enough;
  print(`${share(whole).toFixed(1).padStart(7)} %  ${room}  ${enough ? "ok" : `under ${LEAST} %`}`);
}
if (failed) Deno.exit(1);

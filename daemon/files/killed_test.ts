import assert from "node:assert/strict";
import { sha256 } from "../crypto/mod.ts";
import { contentOf, desk, MemoryWay, pattern } from "./testing.ts";

const PROGRAM = new URL("./testing_process.ts", import.meta.url).pathname;

/** Runs the process and hands its lines to `line`; `true` kills it with SIGKILL. */
async function run(args: string[], line: (text: string) => boolean): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", PROGRAM, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  let held = "";
  let killed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    held += text;
    for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
      const one = held.slice(0, end);
      held = held.slice(end + 1);
      lines.push(one);
      if (!killed && line(one)) {
        killed = true;
        child.kill("SIGKILL");
      }
    }
  }
  await child.status;
  return lines;
}

/** The bytes of the last line about progress. */
function moved(lines: string[]): number {
  return Number(lines.findLast((line) => line.startsWith("moved "))?.slice(6));
}

Deno.test("both sides go on after SIGKILL, and what comes has the right hash", async () => {
  const content = pattern(12_000_000);
  const root = await Deno.makeTempDir({ prefix: "files-killed-" });
  const [alice, bob] = [`${root}/alice`, `${root}/bob`];
  await Deno.mkdir(alice);
  await Deno.mkdir(bob);
  await Deno.writeFile(`${root}/plain`, content);
  try {
    // Killed while it seals, and again at once after it began anew.
    const first = await run([alice, "send", `${root}/plain`], (line) => line.startsWith("moved "));
    assert.ok(!first.some((line) => line.startsWith("over ")));
    await run([alice, "go", ""], () => true);
    const sent = await run([alice, "go", ""], () => false);
    const xml = sent.findLast((line) => line.startsWith("over "))!.slice(5);

    const second = await run(
      [bob, "receive", xml, "3"],
      (line) => line.startsWith("moved ") && moved([line]) > 1_000_000,
    );
    assert.ok(!second.some((line) => line.startsWith("over ")));
    const parts = [...Deno.readDirSync(`${bob}/files`)].map(({ name }) => name);
    const part = (await Deno.stat(`${bob}/files/${parts[0]}`)).size;
    assert.match(parts[0]!, /\.part$/);
    assert.ok(part > 1_000_000 && part < content.length);
    const third = await run([bob, "go", ""], () => false);
    const begun = third.find((line) => line.startsWith("moved "))!;
    assert.ok(moved([begun]) > part, "it went on from where it was");
    assert.ok(third.some((line) => line.startsWith("state done")));

    const here = await desk([new MemoryWay()], {}, bob);
    const { id } = here.transfers.list()[0]!;
    assert.deepEqual(sha256(await contentOf(here.transfers, id)), sha256(content));
    await here.close();
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Bytes, fromHex, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { decodeRekey, decodeStatement } from "./announcements.ts";
import { decodeAnswer } from "./answers.ts";
import { isStatementOf, readStatement, statementDigest } from "./epoch_statement.ts";
import { printSpecification } from "./spec_text.ts";
import { device, KEY_SERVER, specificationOf } from "./testing_key_server.ts";

const ROUNDS = 6;

/** The statement in what a key server said; undefined where there is none. */
function statementIn(payload: Bytes): Bytes | undefined {
  if (payload[0] === 32) return decodeRekey(payload).announcement?.statement;
  if (payload[0] === 33) return decodeStatement(payload).statement;
  const answer = decodeAnswer(payload);
  return "statement" in answer ? answer.statement : undefined;
}

/** Runs the process until it has said `lines` lines, then kills it at once. */
async function run(args: string[], lines: number): Promise<string[][]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.resolve("./testing_process.ts"), ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "", killed = false;
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (!killed && text.split("\n").length > lines) {
      killed = true;
      child.kill("SIGKILL");
    }
  }
  await child.status;
  // What stands after the last end of line was cut by the kill.
  return text.split("\n").slice(0, -1).map((line) => line.split(" "));
}

Deno.test("kill -9 at any point: no epoch is used twice, and no member is lost", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = join(directory, "keyserver.db"), vault = toHex(systemRandom(32));
    const [[, keyHex] = []] = await run([path, vault, KEY_SERVER], 1);
    const key = fromHex(keyHex!);
    const text = printSpecification(
      specificationOf(key, [device("anna@example.org")], { renewInterval: 10_000 }),
    );
    const said = new Map<string, string>();
    /** What is certain of each: in, out; absent while a request of theirs was on its way. */
    const certain = new Map<string, "in" | "out">();
    let newest = 0, compared = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await run([path, vault, KEY_SERVER, text], 60 + systemRandom(1)[0]!);
      assert.equal(lines[0]![1], keyHex);
      const roster = lines.find(([word]) => word === "roster")!.slice(1);
      for (const [id, where] of certain) assert.equal(roster.includes(id), where === "in", id);
      compared += certain.size;
      for (const [word, value] of lines) {
        if (word === "joins" || word === "leaves") certain.delete(value!);
        else if (word === "in" || word === "out") certain.set(value!, word);
        else if (word === "says") {
          const encoded = statementIn(fromHex(value!));
          if (encoded === undefined) continue;
          const statement = readStatement(encoded);
          assert.ok(isStatementOf(key, statement));
          const digest = toHex(statementDigest(encoded));
          const name = `${statement.incarnation} ${statement.epoch}`;
          assert.equal(said.get(name) ?? digest, digest, `epoch ${name} has two statements`);
          said.set(name, digest);
          newest = Math.max(newest, statement.epoch);
        } else assert.notEqual(word, "failed");
      }
    }
    assert.ok(newest > ROUNDS && compared > 0, `${newest} epochs, ${compared} compared`);
    assert.equal(new Set([...said.keys()].map((name) => name.split(" ")[0])).size, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

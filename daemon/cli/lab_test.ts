import assert from "node:assert/strict";
import { SimppdError } from "../base/mod.ts";
import type { Loot } from "../lab/mod.ts";
import { main } from "./command_line.ts";
import { downgradeText, replayText, sniffText, tamperText } from "./lab_text.ts";
import type { Io } from "./verb.ts";

async function lab(...words: string[]) {
  const [out, err]: string[][] = [[], []];
  const refuse = () => Promise.reject(new SimppdError("unasked", "The lab asks nothing."));
  const io: Io = {
    out: (line) => out!.push(line),
    err: (line) => err!.push(line),
    secret: refuse,
    rest: refuse,
  };
  return { code: await main(["lab", ...words], io), out: out!.join("\n"), err: err!.join("\n") };
}

Deno.test("lab downgrade answers as JSON and for people", async () => {
  const json = await lab("downgrade", "--json");
  assert.equal(json.code, 0);
  const report = JSON.parse(json.out);
  assert.equal(report.ok, true);
  assert.equal(report.wanted, "simpp-2009");
  const people = await lab("downgrade");
  assert.equal(people.code, 0);
  assert.match(people.out, /Bob: {3}Somebody between you and this contact hid/);
  assert.match(people.out, /As it should be/);
});

Deno.test("lab sniff keeps pictures of the call in clear alone, where it is told to", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-lab-" });
  try {
    const { code, out } = await lab("sniff", "--seconds", "1", "--out", `${folder}/new`, "--json");
    assert.equal(code, 0);
    assert.deepEqual([...Deno.readDirSync(`${folder}/new`)].map(({ name }) => name), [
      "in-clear.jpg",
    ]);
    const { suites } = JSON.parse(out) as { suites: (Loot & { picture: string | null })[] };
    assert.deepEqual(suites.map(({ picture }) => picture), [
      `${folder}/new/in-clear.jpg`,
      ...suites.slice(1).map(() => null),
    ]);
    await Deno.writeTextFile(`${folder}/file`, "");
    const refused = await lab("sniff", "--out", `${folder}/file`);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /could not be written.*\(no-write\)/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lab says how it is used", async () => {
  for (
    const [words, complaint] of [
      [[], /sniff, replay, tamper or downgrade is missing/],
      [["listen"], /"listen" is no attack/],
      [["tamper", "--out", "x"], /--out goes with lab sniff only/],
      [["sniff", "--seconds", "0"], /--seconds takes a whole number/],
    ] as const
  ) {
    const { code, err } = await lab(...words);
    assert.equal(code, 2);
    assert.match(err, complaint);
  }
});

Deno.test("what is not as it should be is said loudly", () => {
  const loud = /NOT AS IT SHOULD BE/;
  assert.match(sniffText({ ok: false, suites: [] }), loud);
  assert.match(replayText({ ok: false, suites: [] }), loud);
  assert.match(tamperText({ ok: false, suites: [] }), loud);
  const attempt = { attempt: "a try", refused: false, alice: null, bob: null };
  const text = downgradeText({ ok: false, offered: [], wanted: "", attempts: [attempt] });
  assert.match(text, loud);
  assert.match(text, /a try: NOT REFUSED/);
});

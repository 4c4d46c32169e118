import assert from "node:assert/strict";
import { absent } from "../../tests/real_parts.ts";
import { concat, fromHex, toHex, utf8 } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import { systemRandom } from "./keys.ts";
import { p192, p224, verifyEcdsaBare } from "./nist_curves.ts";

/** The curves as the openssl tool names them, with their DER frames (RFC 5915, RFC 5480). */
const CURVES = [
  {
    curve: "p192",
    of: p192,
    size: 24,
    sec1: "302f0201010418",
    oid: "a00a06082a8648ce3d030101",
    spki: "3031301306072a8648ce3d020106082a8648ce3d030101031a00",
  },
  {
    curve: "p224",
    of: p224,
    size: 28,
    sec1: "302e020101041c",
    oid: "a00706052b81040021",
    spki: "3032301006072a8648ce3d020106052b81040021031e00",
  },
] as const;

const ignore = absent("openssl");

async function openssl(folder: string, ...args: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", { args, cwd: folder })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new Uint8Array(stdout);
}

/** r ‖ s as DER. */
function der(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = signature.length / 2;
  const integers = [signature.subarray(0, half), signature.subarray(half)].map((value) => {
    const start = value.findIndex((byte) => byte !== 0);
    const short = value.subarray(start);
    const padded = short[0]! >= 0x80 ? concat(Uint8Array.of(0), short) : short;
    return concat(Uint8Array.of(2, padded.length), padded);
  });
  const body = concat(...integers);
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** r ‖ s of DER. */
function raw(signature: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(2 * size);
  let at = 2;
  for (const end of [size, 2 * size]) {
    const value = signature.subarray(at + 2, at + 2 + signature[at + 1]!);
    const short = value.subarray(Math.max(0, value.length - size));
    out.set(short, end - short.length);
    at += 2 + signature[at + 1]!;
  }
  return out;
}

for (const { curve, of, size, sec1, oid, spki } of CURVES) {
  Deno.test({
    name: `${curve} agrees with the openssl tool on ECDH and ECDSA, both ways`,
    ignore,
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "simppd-curves-" });
      try {
        const [ours, theirs] = [of.dh.generate(systemRandom), of.dh.generate(systemRandom)];
        const write = (name: string, bytes: Uint8Array) =>
          Deno.writeFile(`${folder}/${name}`, bytes);
        const secret = concat(fromHex(sec1), theirs.secret, fromHex(oid));
        secret[1] = secret.length - 2;
        await write("theirs.der", secret);
        await write("ours.der", concat(fromHex(spki), ours.public));
        await openssl(folder, "ec", "-inform", "DER", "-in", "theirs.der", "-out", "theirs.pem");
        await openssl(
          folder,
          "pkey",
          "-pubin",
          "-inform",
          "DER",
          "-in",
          "ours.der",
          "-out",
          "o.pem",
        );
        const shared = await openssl(
          folder,
          ...["pkeyutl", "-derive", "-inkey", "theirs.pem", "-peerkey", "o.pem"],
        );
        assert.equal(toHex(shared), toHex(of.dh.shared(ours.secret, theirs.public)));
        assert.equal(toHex(shared), toHex(of.dh.shared(theirs.secret, ours.public)));

        const message = utf8("label and message");
        await write("message", message);
        const made = await openssl(folder, "dgst", "-sha256", "-sign", "theirs.pem", "message");
        assert.equal(verifyEcdsaBare(curve, theirs.public, message, raw(made, size)), true);
        const signature = of.signer.sign(ours.secret, "", new Uint8Array(0));
        await write("signed", new Uint8Array(8)); // framed("", "")
        await write("signature", der(signature));
        const verdict = await openssl(
          folder,
          ...["dgst", "-sha256", "-verify", "o.pem", "-signature", "signature", "signed"],
        );
        assert.match(new TextDecoder().decode(verdict), /Verified OK/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });

  Deno.test(`${curve} refuses points that are none, and signatures that are not exactly right`, () => {
    const pair = of.dh.generate(systemRandom);
    const bad = [
      new Uint8Array(0),
      pair.public.slice(1),
      concat(Uint8Array.of(5), pair.public.subarray(1)),
      concat(Uint8Array.of(2), new Uint8Array(size).fill(0xff)),
      concat(Uint8Array.of(0), new Uint8Array(size)),
    ];
    for (const point of bad) assert.throws(() => of.dh.shared(pair.secret, point), OpenError);
    const signature = of.signer.sign(pair.secret, "label", utf8("message"));
    const holds = (key: Uint8Array, label: string, signed: Uint8Array) =>
      of.signer.verify(key, label, utf8("message"), signed);
    assert.equal(holds(pair.public, "label", signature), true);
    assert.equal(holds(pair.public, "other", signature), false);
    assert.equal(holds(of.dh.generate(systemRandom).public, "label", signature), false);
    for (const point of bad) assert.equal(holds(point, "label", signature), false);
    for (
      const forged of [signature.slice(1), new Uint8Array(2 * size), concat(signature, bad[0]!)]
    ) {
      const same = toHex(forged) === toHex(signature);
      assert.equal(holds(pair.public, "label", forged), same);
    }
  });
}

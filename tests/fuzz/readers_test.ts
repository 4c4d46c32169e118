import assert from "node:assert/strict";
import fc from "fast-check";
import {
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  LIMITS_OF_SERVER,
  NS,
  parseElement,
  type ReaderLimits,
  serialise,
  StreamError,
  StreamReader,
} from "../../daemon/xmpp/core/mod.ts";
import { chunks, mutate, mutations } from "./mutations.ts";
import { record } from "./recording.ts";
import { fuzzRuns, SEED } from "./runs.ts";

const recordings = await record();
const streams = recordings.flatMap(({ name, said, heard }) =>
  heard.length === 0 ? [{ name, bytes: said }] : [{ name, bytes: said }, { name, bytes: heard }]
);

/** Reads a stream as either end does. @returns its stanzas, and the error it ends with */
function read(pieces: Iterable<Uint8Array>, limits: ReaderLimits) {
  const stanzas: string[] = [];
  let header = 0;
  const reader = new StreamReader({
    onOpen: () => header++,
    onStanza(stanza) {
      stanzas.push(serialise(stanza));
      // Where the next stream begins, on either side.
      const plain = stanza.is("auth", NS.sasl) && stanza.attrs.mechanism === "PLAIN";
      const last = stanza.is("response", NS.sasl) || stanza.is("success", NS.sasl);
      if (plain || last) reader.restart();
    },
    onClose: () => {},
  }, limits);
  let error: unknown;
  try {
    for (const piece of pieces) reader.write(piece);
  } catch (thrown) {
    error = thrown;
  }
  return { stanzas, header, error };
}

Deno.test("what was recorded is read whole, and every mechanism is in it", () => {
  const said = recordings.map(({ said }) => new TextDecoder().decode(said)).join("");
  for (const name of ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SIMPP-1", "HT-SHA-256-ENDP"]) {
    assert.match(said, new RegExp(`mechanism=['"]${name}['"]`));
  }
  for (const { name, bytes } of streams) {
    const { stanzas, error } = read([bytes], LIMITS_OF_SERVER);
    assert.equal(error, undefined, name);
    assert.ok(stanzas.length > 0, name);
  }
});

Deno.test("a stream split at any byte boundary is read as it is read in one piece", () => {
  for (const { name, bytes } of streams) {
    const whole = read([bytes], LIMITS_OF_SERVER);
    assert.deepEqual(read(chunks(bytes, [1]), LIMITS_OF_SERVER), whole, name);
    // Two pieces at each boundary; of the long ones, of their first part.
    for (let at = 1; at < Math.min(bytes.length, 700); at++) {
      const split = read([bytes.subarray(0, at), bytes.subarray(at)], LIMITS_OF_SERVER);
      assert.deepEqual(split, whole, `${name} at ${at}`);
    }
  }
});

Deno.test("a changed stream is read, or refused with an error of streams; however it is split", () => {
  const limits = fc.constantFrom(LIMITS_BEFORE_AUTH, LIMITS_AFTER_AUTH, LIMITS_OF_SERVER);
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.constantFrom(...streams),
      mutations,
      lengths,
      limits,
      ({ bytes }, changes, lengths, limits) => {
        const changed = mutate(bytes, changes);
        const { stanzas, error, header } = read([changed], limits);
        if (error !== undefined) assert.ok(error instanceof StreamError, String(error));
        const split = read(chunks(changed, lengths), limits);
        assert.equal(split.error === undefined, error === undefined);
        // Of a piece that is no UTF-8 nothing is read, so that less may come before the end.
        assert.deepEqual(split.stanzas.slice(0, stanzas.length), stanzas);
        if (error === undefined) assert.deepEqual(split, { stanzas, header, error });
        for (const xml of stanzas) {
          assert.ok(xml.length <= 2 * limits.bytes + 100, "written again it is bounded");
          parseElement(xml, LIMITS_OF_SERVER);
        }
      },
    ),
    { numRuns: fuzzRuns(20), seed: SEED },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { SimppdError } from "../../daemon/base/mod.ts";
import { XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { admit, DOMAIN, PASSWORD, scriptedServer } from "../../daemon/xmpp/client/testing.ts";
import { chunks, mutate, mutations } from "./mutations.ts";
import { record } from "./recording.ts";
import { fuzzRuns, SEED } from "./runs.ts";

const recordings = await record();

/** What servers said to who was logged in: from the second `<features/>` or `<success/>` on. */
const answers = recordings.flatMap(({ heard }) => {
  const text = new TextDecoder().decode(heard);
  const begin = Math.max(text.lastIndexOf("</stream:features>"), text.lastIndexOf("</success>"));
  const rest = text.slice(text.indexOf(">", begin) + 1);
  return rest === "" ? [] : [new TextEncoder().encode(rest)];
});

Deno.test("a client stays or leaves with an error of ours, whatever a server says after login", async () => {
  assert.ok(answers.length > 10);
  let next: Uint8Array[] = [];
  let done = Promise.withResolvers<void>();
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer);
    for (const piece of next) await peer.write(piece);
    // It reads in order: what it answers, or that it hung up, comes after all of this.
    await peer.write(`<iq type='get' id='last' from='${DOMAIN}'><x xmlns='u'/></iq>`);
    for (let i = 0; i < 60 && !/id="last"|<\/stream:stream>/.test(peer.heard); i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    done.resolve();
  });
  const lengths = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 4 });
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...answers),
        mutations,
        lengths,
        async (bytes, changes, lengths) => {
          next = [...chunks(mutate(bytes, changes), lengths)];
          done = Promise.withResolvers();
          const client = new XmppClient({
            jid: `me@${DOMAIN}`,
            password: PASSWORD,
            endpoints: [server.endpoint],
            trust: { kind: "pin", pin: server.certificate.pin },
          });
          try {
            await client.connect().catch((error) => assert.ok(error instanceof SimppdError, error));
            await done.promise;
          } finally {
            await client.close();
          }
        },
      ),
      { numRuns: fuzzRuns(0.6), seed: SEED, endOnFailure: true },
    );
  } finally {
    await server.stop();
  }
});

import assert from "node:assert/strict";
import { SimppdError } from "../../base/mod.ts";
import { Jid } from "../core/mod.ts";
import { makeTestCertificate } from "../../../scripts/peers/certificate.ts";
import { establish } from "./establish.ts";
import { XmppStream } from "./stream.ts";
import { admit, DOMAIN, PASSWORD, type ScriptedPeer } from "./testing.ts";
import { memoryConnection } from "./testing_memory.ts";
import { admitBySasl2 } from "./testing_sasl2.ts";
import { tokensInMemory } from "./xep_0484_fast.ts";

const LOGINS: Record<string, (peer: ScriptedPeer) => Promise<unknown>> = {
  SASL: (peer) => admit(peer),
  SASL2: (peer) => admitBySasl2(peer),
};

for (const [profile, admits] of Object.entries(LOGINS)) {
  Deno.test(`a login by ${profile} cut at any byte ends in a clear error`, async () => {
    const certificate = await makeTestCertificate(DOMAIN);
    const run = async (limit?: number) => {
      const { transport, peer, received } = memoryConnection(certificate, limit);
      const played = admits(peer).catch(() => {});
      const stream = new XmppStream(transport, DOMAIN, `me@${DOMAIN}`);
      const code = await establish(stream, {
        account: Jid.parse(`me@${DOMAIN}`),
        secret: { password: PASSWORD },
        resource: "here",
        clientId: crypto.randomUUID(),
        tokens: tokensInMemory(),
      }, undefined).then(
        () => "online",
        (error) => error instanceof SimppdError ? error.code : String(error),
      );
      const count = received();
      await stream.close();
      await played;
      return { code, count };
    };
    const whole = await run();
    assert.equal(whole.code, "online");
    assert.ok(whole.count > 500);
    for (let limit = 0; limit < whole.count; limit++) {
      assert.equal((await run(limit)).code, "connection-lost", `after ${limit} bytes`);
    }
  });
}

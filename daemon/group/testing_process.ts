/**
 * A key server in a process of its own, so that a test can kill it. Its arguments: the database, the
 * vault's key and the specification's text. People join and leave without end; each line of output is
 * what was asked, what was answered, or what left for others.
 * @module
 */
import { fromHex, toHex } from "../base/mod.ts";
import { ed25519, sha256, systemRandom } from "../crypto/mod.ts";
import { deviceIdOf } from "../simpp/mod.ts";
import { Vault } from "../store/mod.ts";
import { decodeAnswer, type GroupAnswer } from "./answers.ts";
import type { ProvedDevice } from "./channels.ts";
import { KeyServer } from "./key_server.ts";
import { KeyServerStore } from "./key_server_store.ts";
import { encodeRequest, type GroupRequest } from "./requests.ts";
import { memberIdOf } from "./roster.ts";
import { parseSpecification } from "./spec_text.ts";

const [path, vaultKey, jid, text] = Deno.args as [string, string, string, string];
const say = (...words: string[]) =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`${words.join(" ")}\n`));

const store = new KeyServerStore(path, new Vault(fromHex(vaultKey), systemRandom));
const waiting = new Map<string, (answer: GroupAnswer) => void>();
const server = new KeyServer({
  store,
  jid,
  random: systemRandom,
  accountKey: () => new Uint8Array(32),
  control: {
    send: (_, payload) => {
      say("says", toHex(payload));
      if (payload[0]! < 32) {
        const answer = decodeAnswer(payload);
        waiting.get(answer.request)?.(answer);
      }
      return Promise.resolve();
    },
  },
  room: () => ({ publish: (payload) => Promise.resolve(say("says", toHex(payload))) }),
});
say("key", toHex(server.key));
if (text !== undefined) {
  const group = server.host(parseSpecification(text));
  say("roster", ...group.state.roster.map(({ id }) => id));
  server.start();
  await Promise.all(
    Array.from({ length: 12 }, (_, at) => comeAndGo(group.specification.group, at)),
  );
}

async function comeAndGo(group: string, at: number): Promise<void> {
  const seed = sha256(new Uint8Array([at]));
  const deviceKey = ed25519.generate(() => seed).public;
  const person = `m${at}@example.org`;
  const from: ProvedDevice = {
    jid: person,
    device: deviceIdOf(deviceKey),
    deviceKey,
    accountKey: seed,
  };
  const id = memberIdOf(person, from.device);
  const ask = async (body: Record<string, unknown> & { kind: GroupRequest["kind"] }) => {
    const request = toHex(systemRandom(16));
    const answer = new Promise<GroupAnswer>((resolve) => waiting.set(request, resolve));
    // The rate of one device is not what is tried here: only some requests of each are made.
    await server.receive(from, encodeRequest({ request, group, ...body } as GroupRequest));
    return await answer;
  };
  for (let turn = 0; turn < 15; turn++) {
    const registered = await ask({ kind: "register", ticket: new Uint8Array(), suites: [1] });
    if (registered.kind !== "registered") return say("failed", registered.kind);
    say("joins", id);
    const joined = await ask({ kind: "join", registration: registered.registration });
    if (joined.kind !== "joined") return say("failed", joined.kind);
    say("in", id);
    await new Promise((resolve) => setTimeout(resolve, 5 * systemRandom(1)[0]! / 64));
    if (systemRandom(1)[0]! < 100) continue;
    say("leaves", id);
    await ask({ kind: "leave", action: new Uint8Array() });
    say("out", id);
  }
}

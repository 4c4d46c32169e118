import { concat, steadyNow, toBase64, utf8 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { openUdpPath, type Path } from "../p2p/mod.ts";
import { SFrameReceiver, SFrameSender, type Suite } from "../sframe/mod.ts";
import { CAMERA, filming } from "./film.ts";
import { DOMAIN } from "./person.ts";
import { type Name, other, type Tap } from "./tap.ts";
import { until } from "./waiting.ts";

/**
 * A suite that seals nothing. It is in no registry and its number is one that cannot be registered,
 * so no policy, bundle or proposal can name it; nothing outside this room can import it.
 */
export const NULL_SUITE: Suite = Object.freeze<Suite>({
  id: 0,
  name: "NULL",
  hash: "SHA-256",
  keyLength: 16,
  nonceLength: 12,
  tagLength: 0,
  importKey: () =>
    Promise.resolve({
      seal: (_nonce, _aad, plaintext) => Promise.resolve(plaintext),
      open: (_nonce, _aad, sealed) => Promise.resolve(sealed),
    }),
});

/** What was sent in a call in clear. */
export interface ClearCall {
  /** Every picture of both cameras. */
  film: Uint8Array[];
  /** What was said to set it up, as it crossed the network. */
  signalling: string[];
  /** Pictures that reached the other side. */
  shown: number;
}

/**
 * A call as the messengers of the paper made them: the same cameras, frames and datagrams, but
 * signalling in clear and frames under {@link NULL_SUITE}.
 */
export async function clearCall(tap: Tap, seconds: number): Promise<ClearCall> {
  const ended = new AbortController();
  const callId = systemRandom(8);
  const pathKeys: Record<Name, Uint8Array<ArrayBuffer>> = {
    alice: systemRandom(32),
    bob: systemRandom(32),
  };
  const call: ClearCall = { film: [], signalling: [], shown: 0 };
  const sides = [];
  for (const name of ["alice", "bob"] as const) {
    const camera = filming(call.film)({ spec: "test", width: 320, height: 240, fps: CAMERA.fps });
    const tag = concat(utf8(camera.name), systemRandom(32));
    sides.push({ name, camera, tag, endpoint: await tap.endpoint(name) });
    call.signalling.push(
      `<message from="${name}@${DOMAIN}" to="${other(name)}@${DOMAIN}"><video tag="` +
        `${toBase64(tag)}" path="${toBase64(pathKeys[name])}"/></message>`,
    );
  }
  const running: Promise<void>[] = [];
  const paths: Path[] = [];
  try {
    for (const { name, camera, tag, endpoint } of sides) {
      const peer = sides.find((side) => side.name === other(name))!;
      const path = openUdpPath({
        endpoint,
        callId,
        keys: { send: pathKeys[name], receive: pathKeys[peer.name] },
        remote: peer.endpoint.candidates,
        localTag: tag,
        expectedTag: peer.tag,
      });
      paths.push(path);
      running.push(
        send(path, camera.subscribe(ended.signal)),
        receive(path, ended.signal, () => call.shown++),
      );
    }
    await until("the call in clear", () => call.shown > 0 || undefined);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  } finally {
    ended.abort();
    for (const path of paths) path.close();
    await Promise.all(sides.map(({ camera }) => camera.close()));
    await Promise.all([...running, ...paths.map(({ closed }) => closed)]);
    await Promise.all(sides.map(({ endpoint }) => endpoint.close()));
  }
  return call;
}

/** Both directions may have one key: nothing is sealed with it. */
const NO_KEY = new Uint8Array(16);

async function send(
  path: Path,
  pictures: AsyncIterable<{ data: Uint8Array<ArrayBuffer> }>,
): Promise<void> {
  const sender = await SFrameSender.create(NULL_SUITE, 0, NO_KEY);
  for await (const { data } of pictures) path.send(await sender.seal(data), steadyNow());
}

async function receive(path: Path, signal: AbortSignal, shown: () => void): Promise<void> {
  const receiver = new SFrameReceiver();
  await receiver.addKey(0, NULL_SUITE, NO_KEY);
  for await (const { bytes } of path.frames(signal)) {
    await receiver.open(bytes);
    shown();
  }
}

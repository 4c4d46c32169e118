import {
  type Bytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
  WireWriter,
} from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { damaged } from "../store/mod.ts";
import { decodeGroup, encodeGroup } from "./group_state.ts";
import { KeyGraph } from "./key_graph.ts";
import type { KeyServerStore, StoredGroup } from "./key_server_store.ts";

const KIND = "simppd key server backup 1";
/** Bytes of one record: a group of the largest size is far smaller. */
const MAX_RECORD = 8 << 20;

/**
 * A key server's state as records, in clear: to be sealed by who keeps it. `identity` is what the
 * home adds to be known by again.
 */
export function* keyServerRecords(
  store: KeyServerStore,
  identity: unknown,
  random: Random,
): Generator<Bytes, void, void> {
  const { secret } = store.signingKey(random);
  const groups = store.groups();
  yield record({ kind: KIND, signing: toBase64(secret), groups: groups.length, identity });
  for (const { id, maker, content } of groups) {
    yield record({ id, maker, content: toBase64(content) });
  }
}

/**
 * Puts the groups of a backup into an empty store, each with a new incarnation: epochs of the old one
 * that came after the backup are not known here, and must not be mistaken for those to come.
 * @returns what {@link keyServerRecords} was given as `identity`
 * @throws SimppdError `backup-damaged`; nothing was stored then
 */
export async function restoreKeyServer(
  store: KeyServerStore,
  records: AsyncIterable<Uint8Array>,
  random: Random,
): Promise<unknown> {
  const read: unknown[] = [];
  for await (const one of recordsOf(records)) read.push(one);
  try {
    const [about, ...groups] = read as [About, ...{ id: string; maker: string; content: string }[]];
    if (about.kind !== KIND || about.groups !== groups.length) throw damaged();
    const stored = groups.map(({ id, maker, content }): StoredGroup => {
      const { state, graph } = decodeGroup(fromBase64(content), random);
      if (state.specification.group !== id) throw damaged();
      const incarnation = toHex(random(16));
      const header = { ...graph.header, group: fromHex(incarnation) };
      const again = KeyGraph.fromNodes(header, graph.rows(), random);
      const restored = { ...state, incarnation, restored: true };
      return { id, maker, incarnation, epoch: state.epoch, content: encodeGroup(restored, again) };
    });
    store.transaction(() => {
      store.setSigningKey(fromBase64(about.signing));
      for (const group of stored) store.putGroup(group);
    });
    return about.identity;
  } catch (error) {
    throw damaged(error);
  }
}

interface About {
  kind: string;
  signing: string;
  groups: number;
  identity: unknown;
}

function record(value: unknown): Bytes {
  const json = utf8(JSON.stringify(value));
  return new WireWriter().u32(json.length).raw(json).finish();
}

async function* recordsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, void> {
  let held = new Uint8Array();
  for await (const part of stream) {
    const both = new Uint8Array(held.length + part.length);
    both.set(held);
    both.set(part, held.length);
    held = both;
    while (held.length >= 4) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(0);
      if (length > MAX_RECORD) throw damaged();
      if (held.length < 4 + length) break;
      yield parsed(held.subarray(4, 4 + length));
      held = held.slice(4 + length);
    }
  }
  if (held.length > 0) throw damaged();
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (error) {
    throw damaged(error);
  }
}

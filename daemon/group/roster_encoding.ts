import { type Bytes, concat, WireWriter } from "../base/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";
import { ROLES } from "./specification.ts";

/** A list as it travels, and where each member begins in it; one more for the end. */
interface Encoding {
  readonly bytes: Bytes;
  readonly starts: Uint32Array<ArrayBuffer>;
}

const EMPTY: Encoding = { bytes: new Uint8Array(2), starts: Uint32Array.of(2) };

/** Every change hashes the whole list, in which nearly all are the same as before. */
const encodings = new WeakMap<Roster, Encoding>();

/** Address, device key, account key, role. */
export function writeMember(
  writer: WireWriter,
  { jid, deviceKey, accountKey, role }: GroupMember,
): WireWriter {
  return writer.text(jid).raw(deviceKey).raw(accountKey).u8(ROLES.indexOf(role));
}

/** A list as bytes: count u16, then the members; made once a list. */
export function encodedRoster(roster: Roster): Bytes {
  return (encodings.get(roster) ?? encode([], EMPTY, roster)).bytes;
}

/** Makes the bytes of `after` out of those of `before`: who is in both is copied, not encoded. */
export function takeOverEncoding(before: Roster, after: Roster): void {
  const known = encodings.get(before);
  if (known !== undefined && !encodings.has(after)) encode(before, known, after);
}

function encode(before: Roster, known: Encoding, after: Roster): Encoding {
  const starts = new Uint32Array(after.length + 1);
  const pieces: Uint8Array[] = [new WireWriter().u16(after.length).finish()];
  let size = 2;
  // The run of `before` that is copied next, as positions.
  let from = 0, to = 0;
  const flush = () => {
    if (to > from) pieces.push(known.bytes.subarray(known.starts[from]!, known.starts[to]!));
  };
  for (let position = 0; position < after.length; position++) {
    const member = after[position]!;
    starts[position] = size;
    const place = before[to] === member ? to : before.indexOf(member, to);
    if (place < 0) {
      flush();
      from = to;
      const bytes = writeMember(new WireWriter(), member).finish();
      pieces.push(bytes);
      size += bytes.length;
      continue;
    }
    if (place !== to) {
      flush();
      from = place;
    }
    size += known.starts[place + 1]! - known.starts[place]!;
    to = place + 1;
  }
  flush();
  starts[after.length] = size;
  const encoding = { bytes: concat(...pieces), starts };
  encodings.set(after, encoding);
  return encoding;
}

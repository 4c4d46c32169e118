import { type Bytes, fromHex, WireWriter } from "../base/mod.ts";
import type { Accept, AnnouncedCandidate, Propose, Reply } from "./signal.ts";

/**
 * The canonical form of a message that goes into the salt of `call_secret`. The device tag is left
 * out: it is bound by the media keys, so that a changed tag shows as a wrong tag, on a path that
 * still authenticates, and not as a path that never opens.
 */
export function transcriptForm(signal: Propose | Accept | Reply): Bytes {
  const out = new WireWriter().text(signal.kind).raw(fromHex(signal.id)).u64(signal.time);
  switch (signal.kind) {
    case "propose":
      out.u8(signal.suites.length);
      for (const code of signal.suites) out.u16(code);
      out.u8(signal.codecs.length);
      for (const code of signal.codecs) out.u8(code);
      return out.finish();
    case "accept":
      out.u16(signal.suite).u8(signal.codec);
      break;
    case "reply":
      break;
  }
  out.bytes(signal.dh).bytes(signal.kem ?? new Uint8Array());
  return writeCandidates(out, signal.candidates).finish();
}

function writeCandidates(out: WireWriter, candidates: readonly AnnouncedCandidate[]): WireWriter {
  out.u8(candidates.length);
  for (const { kind, host, port, priority } of candidates) {
    out.text(kind).text(host).u16(port).u16(priority);
  }
  return out;
}

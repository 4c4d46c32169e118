/** A packet of a capture, from the link layer on, and its UDP payload if it has one. */
export interface Packet {
  bytes: Uint8Array;
  udp: { from: string; payload: Uint8Array } | undefined;
  /** Neither ARP nor IPv6's own talk: TCP or UDP over IPv4. */
  tcp: boolean;
}

const ETHERNET = 14;

/** Reads a capture file in the classic format (libpcap), little-endian, of an Ethernet link. */
export function readPcap(file: Uint8Array): Packet[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const magic = view.getUint32(0, true);
  if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) throw new Error("not a capture file");
  if (view.getUint32(20, true) !== 1) throw new Error("not of an Ethernet link");
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const length = view.getUint32(at + 8, true);
    packets.push(read(file.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return packets;
}

function read(bytes: Uint8Array): Packet {
  const [ip, protocol] = [bytes.subarray(ETHERNET), bytes[ETHERNET + 9]];
  const isIpv4 = bytes[12] === 8 && bytes[13] === 0;
  if (!isIpv4 || protocol !== 17) return { bytes, udp: undefined, tcp: isIpv4 && protocol === 6 };
  const header = (ip[0]! & 15) * 4;
  const end = (ip[2]! << 8) | ip[3]!;
  const payload = ip.subarray(header + 8, end);
  return { bytes, udp: { from: ip.subarray(12, 16).join("."), payload }, tcp: false };
}

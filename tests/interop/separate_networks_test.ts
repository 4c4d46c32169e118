/** Two networks that cannot reach each other, and a relay that is in both. */
import assert from "node:assert/strict";
import { toHex, utf8 } from "../../daemon/base/mod.ts";
import { systemRandom } from "../../daemon/crypto/mod.ts";
import type { Candidate, IceServer } from "../../daemon/p2p/mod.ts";
import { coturnCredentials, startCoturn } from "../../scripts/peers/coturn.ts";
import { absent } from "../real_parts.ts";
import { noNamespaces } from "./namespaces.ts";

/** What one side is told. Bytes in hex. */
export interface Wanted {
  servers: IceServer[];
  callId: string;
  send: string;
  receive: string;
  tag: string;
  peerTag: string;
}

/** What it says in the end. */
export interface Heard {
  local: string;
  remote: string;
  relayed: boolean;
  frames: number;
  reason: string;
}

/** Network, side's address, relay's address in it (RFC 5737). */
const NETWORKS = [
  { name: "a", side: "192.0.2.1", relay: "192.0.2.254" },
  { name: "b", side: "198.51.100.1", relay: "198.51.100.254" },
] as const;

async function skipped(): Promise<boolean> {
  if (["turnserver", "ip"].map(absent).includes(true)) return true;
  const reason = await noNamespaces();
  if (reason === undefined) return false;
  if (Deno.env.get("CI")) throw new Error(reason);
  Deno.stderr.writeSync(utf8(`skipped: ${reason}\n`));
  return true;
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

const namespaceOf = (name: string) => `simppd-${name}-${Deno.pid}`;

/** Three machines: a and b, each with a cable to the relay, which passes nothing on by itself. */
async function withNetworks(work: (relay: string) => Promise<void>): Promise<void> {
  const relay = namespaceOf("relay");
  const all = [relay, ...NETWORKS.map(({ name }) => namespaceOf(name))];
  try {
    for (const namespace of all) {
      await ip("netns", "add", namespace);
      await ip("-n", namespace, "link", "set", "lo", "up");
    }
    for (const { name, side, relay: address } of NETWORKS) {
      const [near, far] = [`sn${name}${Deno.pid}`, `sr${name}${Deno.pid}`];
      const there = namespaceOf(name);
      await ip(
        "link",
        "add",
        near,
        "netns",
        there,
        "type",
        "veth",
        "peer",
        "name",
        far,
        "netns",
        relay,
      );
      for (const [namespace, device, at] of [[there, near, side], [relay, far, address]] as const) {
        await ip("-n", namespace, "address", "add", `${at}/24`, "dev", device);
        await ip("-n", namespace, "link", "set", device, "up");
      }
    }
    await work(relay);
  } finally {
    for (const namespace of all) await ip("netns", "del", namespace).catch(() => {});
  }
}

/** Starts one side; it goes on when it is given the other's candidates. */
async function start(name: string, wanted: Wanted) {
  const child = new Deno.Command("ip", {
    args: [
      ...["netns", "exec", namespaceOf(name), Deno.execPath(), "run", "-A", "--quiet"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      ...[new URL("relay_peer.ts", import.meta.url).pathname, JSON.stringify(wanted)],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`side ${name} ended: ${text}`);
      text += value;
    }
    const [first = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return JSON.parse(first);
  };
  const candidates = await line() as Candidate[];
  const meet = async (remote: Candidate[]): Promise<Heard> => {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(remote)));
    await writer.close();
    const heard = await line() as Heard;
    await reader.cancel();
    await child.status;
    return heard;
  };
  return { candidates, meet };
}

Deno.test({
  name: "two networks without a way to each other meet through coturn, by relayed addresses",
  ignore: await skipped(),
  fn: () =>
    withNetworks(async (namespace) => {
      const addresses = NETWORKS.map(({ relay }) => relay);
      const coturn = (await startCoturn({ within: { namespace, addresses } }))!;
      try {
        const [callId, one, two] = [8, 32, 32].map((size) => toHex(systemRandom(size)));
        const tags = [toHex(systemRandom(40)), toHex(systemRandom(40))];
        const sides = await Promise.all(NETWORKS.map(({ name, relay }, i) =>
          start(name, {
            servers: [
              { kind: "stun", host: relay, port: coturn.port },
              {
                kind: "turn",
                host: relay,
                port: coturn.port,
                credentials: coturnCredentials(coturn.secret),
              },
            ],
            callId: callId!,
            ...(i === 0 ? { send: one!, receive: two! } : { send: two!, receive: one! }),
            tag: tags[i]!,
            peerTag: tags[1 - i]!,
          })
        ));
        const [a, b] = sides as [typeof sides[0], typeof sides[0]];
        const heard = await Promise.all([a!.meet(b!.candidates), b!.meet(a!.candidates)]);
        for (const { relayed, frames, reason } of heard) {
          assert.deepEqual([relayed, reason], [true, "bye"]);
          assert.ok(frames > 10, `${frames} frames`);
        }
        for (const [i, { candidates }] of [a!, b!].entries()) {
          assert.deepEqual(candidates.map(({ kind }) => kind).slice(0, 2), ["host", "relay"]);
          assert.equal(candidates[0]!.host, NETWORKS[i]!.side);
        }
      } finally {
        await coturn.stop();
      }
    }),
});

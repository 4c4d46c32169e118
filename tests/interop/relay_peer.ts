/**
 * One side of a path, as a program of its own for a network of its own: says its candidates, reads
 * those of the other side, exchanges frames, and says how it went; a line of JSON each.
 */
import { fromHex, steadyNow } from "../../daemon/base/mod.ts";
import { type Candidate, gather, openUdpPath, UdpEndpoint } from "../../daemon/p2p/mod.ts";
import type { Heard, Wanted } from "./separate_networks_test.ts";

const { servers, callId, send, receive, tag, peerTag } = JSON.parse(Deno.args[0]!) as Wanted;
const endpoint = await UdpEndpoint.open();
await gather(endpoint, { servers, within: 5_000 });
const say = (value: unknown) =>
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
say(endpoint.candidates);

const remote = JSON.parse(await new Response(Deno.stdin.readable).text()) as Candidate[];
const path = openUdpPath({
  endpoint,
  callId: fromHex(callId),
  keys: { send: fromHex(send), receive: fromHex(receive) },
  remote,
  localTag: fromHex(tag),
  expectedTag: fromHex(peerTag),
});
const heard: Heard = { local: "", remote: "", relayed: false, frames: 0, reason: "" };
path.events.on((event) => {
  if (event.type === "open") Object.assign(heard, event);
});
const frame = new Uint8Array(30_000).fill(7);
const sending = setInterval(() => path.send(frame, steadyNow()), 30);
// Each goes on until the other side must have had enough as well.
const enough = setTimeout(() => path.close(), 4_000);
for await (const { bytes } of path.frames()) {
  if (bytes.length === frame.length) heard.frames++;
}
clearInterval(sending);
clearTimeout(enough);
heard.reason = (await path.closed).reason;
await endpoint.close();
say(heard);

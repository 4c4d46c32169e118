/** What crosses the cable between two machines in a call, seen by tshark. */
import assert from "node:assert/strict";
import { concat, utf8 } from "../../daemon/base/mod.ts";
import { validateJpeg } from "../../daemon/capture/mod.ts";
import { carve, frames, KnownRuns, play } from "../../daemon/lab/mod.ts";
import type { CallView, ContactView, InvitationView } from "../../daemon/views/mod.ts";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";
import { FifoCamera, film } from "./fifo_camera.ts";
import { type Machine, noNamespaces, withMachines } from "./namespaces.ts";
import { type Packet, readPcap } from "./pcap.ts";

/** Names nobody would meet by chance. */
const CAMERAS = { alice: "kitchen-camera-of-alice", bob: "window-camera-of-bob" };
const CALL_MS = 3_000;

async function skipped(): Promise<boolean> {
  if (["tshark", "ffmpeg", "ip"].map(absent).includes(true)) return true;
  const reason = await noNamespaces();
  if (reason === undefined) return false;
  if (Deno.env.get("CI")) throw new Error(reason);
  Deno.stderr.writeSync(utf8(`skipped: ${reason}\n`));
  return true;
}

/** Records all of the cable from when this resolves until the function it gives has resolved. */
async function record(machine: Machine, path: string): Promise<() => Promise<void>> {
  const child = machine.spawn(
    ["tshark", "-q", "-n", "-i", machine.device, "-F", "pcap", "-w", path],
    { stderr: "piped" },
  );
  let said = "";
  const listening = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  await until("tshark to record", () => /Capturing on/.test(said) || undefined);
  return async () => {
    child.kill("SIGINT");
    await Promise.all([child.status, listening]);
  };
}

/** Alice carries a server on the cable, Bob joins by her invitation. @returns both JIDs */
async function befriend(alice: Machine, bob: Machine): Promise<{ alice: string; bob: string }> {
  await alice.simppd("account", "carry", "--nick", "alice", "--reach", "network");
  const { link } = await alice.simppd<InvitationView>("invite");
  await bob.simppd("account", "join", link, "--nick", "bob");
  const sees = (machine: Machine) =>
    until(
      "the other to come online",
      async () =>
        (await machine.simppd<ContactView[]>("contact", "list"))
          .find(({ presence }) => presence === "online")?.jid,
    );
  const [bobJid, aliceJid] = await Promise.all([sees(alice), sees(bob)]);
  return { alice: aliceJid, bob: bobJid };
}

/** Alice calls Bob; both show their cameras for a while. @returns the call as each saw it last */
async function talk(
  alice: { machine: Machine; camera: string },
  bob: { machine: Machine; camera: string; jid: string },
): Promise<CallView[]> {
  const options = (camera: string) => ["--camera", camera, "--size", "320x240", "--fps", "15"];
  const { id } = await alice.machine.simppd<CallView>("call", bob.jid, ...options(alice.camera));
  await until("Bob to ring", async () => {
    const calls = await bob.machine.simppd<CallView[]>("call", "list");
    return calls.find(({ state }) => state === "ringing");
  });
  await bob.machine.simppd("call", "accept", id, ...options(bob.camera));
  const machines = [alice.machine, bob.machine];
  const status = (machine: Machine) => machine.simppd<CallView>("call", "status", id);
  await Promise.all(machines.map((machine) =>
    until("pictures", async () => {
      const view = await status(machine);
      if (view.state === "ended") throw new Error(`the call ended: ${view.detail}`);
      return (view.info?.receive.frames ?? 0) > 0 || undefined;
    })
  ));
  await new Promise((resolve) => setTimeout(resolve, CALL_MS));
  const last = await Promise.all(machines.map(status));
  await alice.machine.simppd("call", "hangup", id);
  return last;
}

/** Frames of both directions, put together as their receivers do. */
function framesIn(packets: readonly Packet[]): Uint8Array[] {
  const senders = new Set(packets.flatMap(({ udp }) => udp?.from ?? []));
  return [...senders].flatMap((sender) =>
    frames(packets.flatMap(({ udp }) => udp?.from === sender ? [udp.payload] : []))
  );
}

Deno.test({
  name: "nothing of a call can be read from the cable between two machines",
  ignore: await skipped(),
  fn: () =>
    withMachines(async (alice, bob, folder) => {
      const films = await Promise.all([film(45, "testsrc2"), film(45, "mandelbrot")]);
      await Promise.all([alice.start(), bob.start()]);
      const stop = await record(alice, `${folder}/cable.pcap`);
      const jids = await befriend(alice, bob);
      let views: CallView[];
      {
        await using hers = await FifoCamera.open(`${folder}/${CAMERAS.alice}`, films[0]);
        await using his = await FifoCamera.open(`${folder}/${CAMERAS.bob}`, films[1]);
        views = await talk(
          { machine: alice, camera: hers.spec },
          { machine: bob, camera: his.spec, jid: jids.bob },
        );
      }
      await stop();

      const packets = readPcap(await Deno.readFile(`${folder}/cable.pcap`));
      const put = framesIn(packets);
      for (const { info, camera } of views) {
        assert.ok((info?.receive.frames ?? 0) > 15, "there was a call");
        assert.ok(Object.values(CAMERAS).includes(camera.name), camera.name);
        assert.ok(info?.path?.remote.startsWith("192.0.2."), "it went over the cable");
      }
      assert.ok(put.length > 30, `${put.length} frames were recorded`);
      assert.ok(packets.some(({ tcp }) => tcp), "signalling was recorded");

      // What would be found if it were there: the same searches on what was sent.
      const sent = films.flat();
      const known = new KnownRuns(sent);
      assert.ok(sent.every((picture) => known.find(picture) >= 0));
      assert.equal(carve(concat(...sent)).length, sent.length);
      assert.equal((await play(concat(...films[0])))?.pictures.length, films[0].length);

      const cable = packets.map(({ bytes }) => bytes);
      for (const bytes of [...cable, ...put]) {
        assert.equal(known.find(bytes), -1, "a run of 16 bytes of a picture");
        assert.equal(carve(bytes).length, 0, "a picture between JPEG markers");
      }
      const text = new TextDecoder("latin1").decode(concat(...cable));
      for (const name of [...Object.values(jids), ...Object.values(CAMERAS)]) {
        assert.equal(text.includes(name), false, `${name} can be read`);
      }
      const played = await play(concat(...put));
      // Noise may make a player paint something: a picture has the size it was sent in.
      const painted = played?.pictures.filter((one) => validateJpeg(one)?.width === 320);
      assert.deepEqual(painted, [], "pictures that ffmpeg made of the frames");
    }),
});

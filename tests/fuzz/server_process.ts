import { componentProof, NS } from "../../daemon/xmpp/core/mod.ts";
import type { ServerOptions } from "../../daemon/xmpp/server/mod.ts";
import { PASSWORD, testOptions } from "../../daemon/xmpp/server/testing.ts";
import { COMPONENT, COMPONENT_HEADER, COMPONENT_SECRET, PLAYER } from "./sessions.ts";
import { WirePeer } from "./wire_peer.ts";

/** Nothing holds a fuzzer up, so that everything it says is heard. */
const LIMITS: ServerOptions["limits"] = {
  failuresBeforeBan: 1e9,
  failuresBeforeBackoff: 1e9,
  bytesPerSecondBeforeAuth: 1e9,
  burstBytesBeforeAuth: 1e9,
  bytesPerSecond: 1e9,
  burstBytes: 1e9,
  addressBytesPerSecond: 1e9,
  addressBurstBytes: 1e9,
  loginsPerAddress: 1_000,
  resumeMs: 100,
  sweepMs: 50,
};

/** A server in a process of its own, whose end and whose memory can be seen. */
export class ServerProcess {
  readonly certificatePem: string;
  readonly port: number;
  readonly #ports: readonly number[];
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(
    certificatePem: string,
    ports: readonly number[],
    child: Deno.ChildProcess,
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ) {
    this.certificatePem = certificatePem;
    this.port = ports[0]!;
    this.#ports = ports;
    this.#child = child;
    this.#reader = reader;
  }

  static async start(): Promise<ServerProcess> {
    const domains = [{ domain: COMPONENT, secret: COMPONENT_SECRET }];
    const options: ServerOptions = {
      ...await testOptions({ ...LIMITS }),
      plain: true,
      starttlsPort: 0,
      components: { host: "127.0.0.1", port: 0, domains },
    };
    const script = import.meta.resolve("../../daemon/xmpp/server/testing_process.ts");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, JSON.stringify(options), PASSWORD]
        .concat([PLAYER, "friend", "ann", "ben"]),
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const ports = new TextDecoder().decode(value).trim().split(" ").map(Number);
    return new ServerProcess(options.certificatePem, ports, child, reader);
  }

  /** Megabytes it holds of the machine's memory. */
  async megabytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/VmRSS:\s*(\d+)/.exec(status)![1]) / 1024;
  }

  client(): Promise<WirePeer> {
    return WirePeer.secure(this.port, this.certificatePem);
  }

  /** On the port for STARTTLS, before TLS. */
  clear(): Promise<WirePeer> {
    return WirePeer.clear(this.#ports[1]!);
  }

  /** A component that was let in. */
  async component(): Promise<WirePeer> {
    const peer = await WirePeer.clear(this.#ports[2]!);
    await peer.write(COMPONENT_HEADER);
    while (peer.heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const id = / id='([^']+)'/.exec(new TextDecoder().decode(peer.heard[0]))![1]!;
    await peer.write(`<handshake>${componentProof(id, COMPONENT_SECRET)}</handshake>`);
    await peer.until((stanza) => stanza.is("handshake", NS.component));
    return peer;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reader.cancel();
  }
}

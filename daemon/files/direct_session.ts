import { type Bytes, fromHex } from "../base/mod.ts";
import {
  type Candidate,
  type DirectStreamOptions,
  MAX_CANDIDATES,
  parseCandidates,
  type StreamKind,
  StreamListener,
  type UdpEndpoint,
} from "../p2p/mod.ts";
import {
  type AnnouncedAddress,
  type DirectAccept,
  type DirectRequest,
  directSecret,
} from "./direct_signal.ts";

/** What one side of a direct stream opens before it tells its addresses. */
export class DirectSession implements AsyncDisposable {
  readonly addresses: AnnouncedAddress[];
  readonly #endpoint: UdpEndpoint;
  readonly #listener: StreamListener;

  private constructor(endpoint: UdpEndpoint, listener: StreamListener) {
    this.#endpoint = endpoint;
    this.#listener = listener;
    this.addresses = [
      ...announced("udp", endpoint.candidates),
      ...announced("tcp", listener.candidates),
    ];
  }

  /** @throws SimppdError what `openEndpoint` throws */
  static async open(openEndpoint: () => Promise<UdpEndpoint>): Promise<DirectSession> {
    const endpoint = await openEndpoint();
    return new DirectSession(endpoint, StreamListener.open(endpoint));
  }

  /** What opens the stream, once both sides have spoken. */
  options(
    request: DirectRequest,
    accept: DirectAccept,
    remote: readonly AnnouncedAddress[],
    kinds: readonly StreamKind[] | undefined,
    signal: AbortSignal,
  ): DirectStreamOptions {
    const of = (transport: StreamKind) =>
      parseCandidates(remote.filter((address) => address.transport === transport));
    return {
      endpoint: this.#endpoint,
      listener: this.#listener,
      id: fromHex(request.id).slice(0, 8) as Bytes,
      secret: directSecret(request, accept),
      remote: { udp: of("udp"), tcp: of("tcp") },
      signal,
      ...(kinds === undefined ? {} : { kinds }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close();
    await this.#endpoint.close();
  }
}

function announced(
  transport: AnnouncedAddress["transport"],
  candidates: readonly Candidate[],
): AnnouncedAddress[] {
  return candidates.slice(0, MAX_CANDIDATES).map(({ host, port, kind, priority }) => ({
    transport,
    host,
    port,
    kind,
    priority,
  }));
}

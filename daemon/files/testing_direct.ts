import { UdpEndpoint } from "../p2p/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import { type DirectPeer, DirectWay, type DirectWayOptions } from "./way_direct.ts";

export const ALICE = { jid: "alice@example.org", device: "a1" };
export const BOB = { jid: "bob@example.org", device: "b1" };

/** Devices that hear each other's signals. */
export class Network implements AsyncDisposable {
  readonly ways = new Map<string, DirectWay>();
  readonly said: { from: DirectPeer; to: DirectPeer; content: Element }[] = [];
  /** What is said can be looked at, and is lost when this says so. */
  passes = (_content: Element) => true;

  add(self: DirectPeer, options: Partial<DirectWayOptions> = {}): DirectWay {
    const way = new DirectWay({
      device: () => self.device,
      send: (to, content) => {
        this.said.push({ from: self, to, content });
        if (this.passes(content)) {
          queueMicrotask(() => this.ways.get(`${to.jid}/${to.device}`)?.receive(self, content));
        }
        return Promise.resolve();
      },
      isThere: () => true,
      openEndpoint: () => UdpEndpoint.open({ hosts: ["127.0.0.1"] }),
      ...options,
    });
    this.ways.set(`${self.jid}/${self.device}`, way);
    return way;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const way of this.ways.values()) await way.close();
  }
}

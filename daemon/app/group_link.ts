import { type Bytes, Emitter, logOf } from "../base/mod.ts";
import type { ProvedDevice } from "../group/mod.ts";
import { deviceIdOf, type Received, type Simpp } from "../simpp/mod.ts";
import { controlElement, controlOf } from "./group_content.ts";
import type { SealedLink } from "./sealed_link.ts";

/** Whose keys are whose, as SIMPP has them. */
export interface PeerKeys {
  /** This device. */
  self(): ProvedDevice;
  /** A device of somebody that was proved; undefined when their keys are in doubt. */
  peer(jid: string, device: string): ProvedDevice | undefined;
}

/**
 * What members and key servers say to each other alone: inside SIMPP's seal, so that the device at
 * the other end is proved. What this device says to itself goes nowhere.
 */
export class GroupLink {
  readonly received = new Emitter<{ readonly from: ProvedDevice; readonly payload: Bytes }>();
  readonly #link: SealedLink;
  readonly #keys: PeerKeys;
  readonly #isForHere: (payload: Bytes) => boolean;

  /** @param isForHere is this a request to a key server that runs here? */
  constructor(link: SealedLink, keys: PeerKeys, isForHere: (payload: Bytes) => boolean) {
    this.#link = link;
    this.#keys = keys;
    this.#isForHere = isForHere;
  }

  /** @throws SimppdError as {@link SealedLink.send} */
  async send(to: { jid: string; device?: string | null }, payload: Bytes): Promise<void> {
    const self = this.#keys.self();
    const device = to.device ?? (this.#isForHere(payload) ? self.device : undefined);
    if (to.jid === self.jid && device === self.device) {
      return queueMicrotask(() => this.received.emit({ from: self, payload }));
    }
    await this.#link.send(to.jid, [controlElement(payload)], {
      store: true,
      ...device === undefined ? {} : { device },
    });
  }

  /** Takes what was opened; false when it says nothing about groups. */
  receive({ from, device, envelope }: Received): boolean {
    const payload = controlOf(envelope.content);
    if (payload === undefined) return false;
    const peer = this.#keys.peer(from, device);
    if (peer !== undefined) this.received.emit({ from: peer, payload });
    else logOf("app").warn("a group's message of {from}, whose keys are in doubt", { from });
    return true;
  }
}

/** Whose keys are whose, by SIMPP. @param own our bare JID */
export function peerKeysOf(simpp: Simpp, own: () => string): PeerKeys {
  return {
    self: () => ({
      jid: own(),
      device: simpp.device,
      deviceKey: simpp.deviceKey,
      accountKey: simpp.accountKey,
    }),
    peer(jid, device) {
      if (jid !== own() && simpp.trust.get(jid)?.state === "changed") return undefined;
      const keys = simpp.deviceKeys(jid);
      const deviceKey = keys?.devices.find((key) => deviceIdOf(key) === device);
      if (keys === undefined || deviceKey === undefined) return undefined;
      return { jid, device, deviceKey, accountKey: keys.account };
    },
  };
}

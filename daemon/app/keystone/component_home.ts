import { join } from "node:path";
import { type Bytes, logOf } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import type { ProvedDevice } from "../../group/mod.ts";
import { Simpp } from "../../simpp/mod.ts";
import { KeyMaterial, Settings, StateDirectory } from "../../store/mod.ts";
import { Component, type ComponentSettings } from "../../xmpp/client/mod.ts";
import { startLog } from "../log_file.ts";
import { ComponentDirectory } from "./component_directory.ts";
import { ComponentLink } from "./component_link.ts";
import { Strangers } from "./strangers.ts";

/** Keys that are due are renewed: they are looked at so often, in ms. */
const PUBLISH = 12 * 3_600_000;

/** What a component of ours is started with. */
export interface HomeOptions {
  /** Its state directory, of its own. */
  readonly state: string;
  readonly component: ComponentSettings;
  /** Is this person (bare JID) one whose keys are kept however many others write? */
  readonly isKnown?: (jid: string) => boolean;
  /** Does it write a log there? One a process does. */
  readonly log?: boolean;
}

/**
 * A component with a SIMPP identity of its own: state directory, keys, and sealed messages. What it
 * does with them is its keeper's.
 */
export class ComponentHome {
  readonly state: StateDirectory;
  readonly component: Component;
  readonly simpp: Simpp;
  readonly link: ComponentLink;
  readonly #stopLog: () => void;
  #publishing: ReturnType<typeof setInterval> | undefined;

  private constructor(
    state: StateDirectory,
    options: HomeOptions,
    take: (from: ProvedDevice, payload: Bytes) => void,
  ) {
    this.state = state;
    this.#stopLog = options.log === true ? startLog(join(state.path, "simppd.log")) : () => {};
    this.component = new Component(options.component);
    const { db, vault } = state;
    const directory = new ComponentDirectory(this.component, new Settings(db, vault));
    this.simpp = new Simpp({ db, vault, directory, random: systemRandom });
    this.simpp.setAccount(this.jid);
    const { isKnown = () => false } = options;
    const strangers = new Strangers(isKnown, (jid) => this.simpp.forget(jid));
    for (const { jid } of new KeyMaterial(db, vault).allTrust()) strangers.met(jid);
    this.link = new ComponentLink(this.component, this.simpp, (from, payload) => {
      strangers.met(from.jid);
      take(from, payload);
    });
  }

  /**
   * Opens the state; nothing is connected yet.
   * @throws SimppdError `state-locked`, `state-unusable`, `bad-jid`, `component-in-clear`, and those
   * of {@link StateDirectory.open}
   */
  static async open(
    options: HomeOptions,
    take: (from: ProvedDevice, payload: Bytes) => void,
  ): Promise<ComponentHome> {
    const state = await StateDirectory.open(options.state);
    try {
      return new ComponentHome(state, options, take);
    } catch (error) {
      state.close();
      throw error;
    }
  }

  /** Its address. */
  get jid(): string {
    return this.component.domain.toString();
  }

  /** Publishes its keys and connects. @throws SimppdError `component-refused`, `connection-failed` */
  async connect(): Promise<void> {
    await this.simpp.publish();
    this.#publishing = setInterval(() => {
      this.simpp.publish().catch((error) =>
        logOf("app").error("keys not renewed: {error}", { error })
      );
    }, PUBLISH);
    await this.component.connect();
  }

  async close(): Promise<void> {
    clearInterval(this.#publishing);
    await this.component.close();
    this.state.close();
    this.#stopLog();
  }
}

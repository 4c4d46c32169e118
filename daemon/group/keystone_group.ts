import { type Bytes, Emitter } from "../base/mod.ts";
import { ControlManager, type ControlManagerOptions } from "./control_manager.ts";
import { DataProcessor } from "./data_processor.ts";
import type {
  GroupEpoch,
  GroupEvent,
  GroupKeys,
  GroupPhase,
  GroupStatus,
  Opened,
  Origin,
} from "./group_keys.ts";
import { peek } from "./payload.ts";
import { printSpecification } from "./spec_text.ts";
import type { Role, Specification } from "./specification.ts";

/** What a member of a Keystone group is made with; the rest it makes itself. */
export type KeystoneGroupOptions = Omit<ControlManagerOptions, "emit">;

/** A group by Keystone's scheme: control manager and data processor, behind one interface. */
export class KeystoneGroup implements GroupKeys {
  readonly group: string;
  readonly events = new Emitter<GroupEvent>();
  readonly #self: string;
  readonly #control: ControlManager;
  readonly #data: DataProcessor;
  #present = false;

  constructor(options: KeystoneGroupOptions) {
    const { self, store, random, specification } = options;
    const emit = (event: GroupEvent) => this.events.emit(event);
    this.group = specification.group;
    this.#self = `${self.jid}/${self.device}`;
    this.#data = new DataProcessor({
      group: this.group,
      device: self.device,
      store,
      sign: (label, bytes) => options.sign(label, bytes),
      random,
      now: () => options.now(),
      steady: () => options.steady(),
      allows: (suite) => options.policy().includes(suite),
      historyDays: () => this.specification.historyDays,
      missing: () => this.#control.missing(),
      emit,
    });
    this.#control = new ControlManager({ ...options, emit }, this.#data);
    this.#control.resume();
  }

  get specification(): Specification {
    return this.#control.specification;
  }
  get epoch(): GroupEpoch | null {
    return this.#control.epoch;
  }
  get phase(): GroupPhase {
    return this.#control.phase;
  }
  get status(): GroupStatus {
    const { phase, refusal, epoch, specification, silent } = this.#control;
    return {
      phase,
      refusal,
      epoch,
      self: this.#self,
      specification,
      silent,
      ...this.#data.figures,
    };
  }

  seal(content: Uint8Array, kept = true): Bytes {
    return this.#data.seal(content, kept);
  }

  open(payload: Uint8Array, origin: Origin): Opened {
    return peek(payload)?.kind === "data"
      ? this.#data.open(payload, origin)
      : this.#control.heard(payload, origin);
  }

  /** Takes what came sealed from the key server: answers, rekeys to us alone. Never throws. */
  receive(from: { jid: string; device: string }, payload: Uint8Array): void {
    this.#control.receive(from, payload);
  }

  /** Tells whether there is a connection; without one silence is nobody's fault. */
  setOnline(online: boolean): void {
    this.#control.setOnline(online);
  }

  /** Tells whether this device is in the group's room, from now on. */
  setPresent(present: boolean): void {
    if (present === this.#present) return;
    this.#present = present;
    if (present) this.#data.enter();
    this.#control.setPresent(present);
  }

  join(signal?: AbortSignal): Promise<void> {
    return this.#control.join(signal);
  }
  leave(signal?: AbortSignal): Promise<void> {
    return this.#control.leave(signal);
  }
  admit(jid: string, role: Role = "member"): Promise<void> {
    return this.#control.act({ kind: "admit", subject: jid, role });
  }
  expel(subject: string): Promise<void> {
    return this.#control.act({ kind: "expel", subject });
  }
  setRole(jid: string, role: Role): Promise<void> {
    return this.#control.act({ kind: "role", subject: jid, role });
  }
  respecify(specification: Specification): Promise<void> {
    return this.#control.act({ kind: "respecify", text: printSpecification(specification) });
  }
  end(): Promise<void> {
    return this.#control.act({ kind: "close" });
  }

  close(): void {
    this.#control.close();
  }
}

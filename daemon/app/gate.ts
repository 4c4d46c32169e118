import { join } from "node:path";
import { Emitter, KeyedLock, SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  locked,
  type NewKeeper,
  requirePassphrase,
  sealFile,
  type StateDirectory,
  StateHold,
} from "../store/mod.ts";
import type { AppEvent, StatusView } from "../views/mod.ts";
import type { AppApi } from "./api.ts";
import { type AppOptions, RunningApp } from "./app.ts";
import { Attention } from "./attention.ts";
import { backupContent, noAccount } from "./make_backup.ts";
import { type Check, diagnoseLocked } from "./doctor.ts";
import { keepUpload, restoreBackup } from "./restore_backup.ts";

/** One daemon on one state directory, locked until its key is known. */
export interface App extends AppApi {
  /** A random name of the state directory, for cookies. */
  readonly instance: string;
}

export const App = {
  /**
   * Takes the state directory and, unless it is locked, starts what it holds.
   * @throws SimppdError `state-locked`, `state-unusable`, `schema-newer`, `key-damaged`,
   *   `key-missing`, `no-keyring`, `keyring-empty`, `wrong-passphrase`
   */
  async open(options: AppOptions): Promise<App> {
    const hold = await StateHold.take(options.state);
    const gate = new Gate(hold, options);
    try {
      const { keeper } = hold.key;
      if (keeper !== "passphrase" || options.passphrase !== undefined) {
        await gate.enter(options.passphrase);
      }
      return behind(gate);
    } catch (error) {
      await gate.close();
      throw error;
    }
  },
};

/**
 * Every question goes to the gate, which answers its own; all others, those of the future too, to
 * the running daemon behind it, and there is none while it is locked.
 */
function behind(gate: Gate): App {
  return new Proxy(gate, {
    get(target, name) {
      const own = name in target;
      if (!own && !(name in RunningApp.prototype)) return undefined;
      if (own) {
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (...words: unknown[]) => {
        const { running } = target;
        return Reflect.apply(Reflect.get(running, name, running) as () => unknown, running, words);
      };
    },
  }) as unknown as App;
}

/** What can be asked of a daemon whether it is locked or not, and what takes it down and up again. */
class Gate {
  readonly events = new Emitter<AppEvent>();
  readonly #attention = new Attention((active) => this.#running?.setActive(active));
  readonly #hold: StateHold;
  readonly #options: AppOptions;
  #state: StateDirectory | undefined;
  #running: RunningApp | undefined;
  /** Why nothing runs although the key is known. */
  #absence: SimppdError | undefined;
  #instance: string;
  #backingUp = false;
  /** Locking, unlocking and giving the key to another keeper: one at a time. */
  readonly #turns = new KeyedLock();
  #closed = false;

  constructor(hold: StateHold, options: AppOptions) {
    this.#hold = hold;
    this.#options = options;
    this.#instance = hold.key.name ?? "";
  }

  get #version(): string {
    return this.#options.version ?? "0";
  }
  get instance(): string {
    return this.#instance;
  }

  /** @throws SimppdError `locked`, `busy` */
  get running(): RunningApp {
    if (this.#running === undefined) throw this.#absence ?? locked();
    return this.#running;
  }

  /** Opens the state directory and starts what it holds; stays locked when that fails. */
  async enter(passphrase?: string): Promise<void> {
    const state = await this.#hold.open(passphrase);
    try {
      this.#running = await RunningApp.start(state, this.#options, this.events);
    } catch (error) {
      await this.#hold.lock(state);
      throw error;
    }
    this.#running.setActive(this.#attention.active);
    this.#state = state;
    this.#instance = this.#running.instance;
  }

  status(): StatusView {
    if (this.#running !== undefined) return this.#running.status();
    return {
      version: this.#version,
      instance: this.#instance,
      locked: this.#absence === undefined,
      keeper: this.#hold.key.keeper,
      account: null,
      state: "none",
      problem: this.#absence === undefined
        ? null
        : { code: this.#absence.code, message: this.#absence.publicMessage },
      login: null,
      server: null,
      policy: [],
      blindTrust: true,
      tellSeen: false,
      calls: "any",
      relay: null,
      devices: {
        state: "unlinked",
        absence: "new",
        code: "",
        confirmation: "none",
        devices: [],
        requests: [],
      },
      ffmpeg: { found: false, version: null, message: null },
    };
  }

  /** What can be checked is checked while it is locked, too. */
  async doctor(): Promise<Check[]> {
    if (this.#running !== undefined) return await this.#running.doctor();
    return await diagnoseLocked(this.#hold.key.keeper, this.#options.state);
  }

  watch(signal: AbortSignal): void {
    this.#attention.watch(signal);
  }

  unlock({ passphrase }: { passphrase: string }): Promise<StatusView> {
    return this.#turns.run("key", () => this.#unlock(passphrase));
  }

  async #unlock(passphrase: string): Promise<StatusView> {
    if (this.#state !== undefined) throw new SimppdError("not-locked", "simppd is not locked.");
    await this.enter(passphrase);
    return this.#changed();
  }

  lock(): Promise<StatusView> {
    return this.#turns.run("key", () => this.#lock());
  }

  async #lock(): Promise<StatusView> {
    const { running } = this;
    if (this.#hold.key.keeper !== "passphrase") {
      throw new SimppdError("no-passphrase", "Set a passphrase first; then simppd can be locked.");
    }
    this.#running = undefined;
    await running.close();
    await this.#hold.lock(this.#state!);
    this.#state = undefined;
    return this.#changed();
  }

  setPassphrase(input: { passphrase: string; current?: string }): Promise<StatusView> {
    return this.#give({ keeper: "passphrase", passphrase: input.passphrase }, input.current);
  }
  removePassphrase({ current }: { current: string }): Promise<StatusView> {
    return this.#takeFrom("passphrase", current);
  }
  useKeyring({ current }: { current?: string }): Promise<StatusView> {
    return this.#give({ keeper: "keyring" }, current);
  }
  leaveKeyring(): Promise<StatusView> {
    return this.#takeFrom("keyring");
  }

  // deno-lint-ignore require-await -- rejects rather than throws
  async backup(
    { passphrase, server }: { passphrase: string; server: boolean },
  ): Promise<ReadableStream<Uint8Array>> {
    requirePassphrase(passphrase);
    if (this.running.status().account === null) throw noAccount();
    if (this.#backingUp) throw busy("Another backup is being made; wait until it is done.");
    this.#backingUp = true;
    const content = backupContent(this.#state!, { version: this.#version, server });
    const release = () => this.#backingUp = false;
    return ReadableStream.from(ending(sealFile(content, passphrase, systemRandom), release));
  }

  async restore(
    input: { file: ReadableStream<Uint8Array>; passphrase: string; lost: boolean },
  ): Promise<StatusView> {
    this.#requireFree(this.running);
    const state = this.#state!;
    const scratch = await state.makeScratch();
    try {
      const path = join(scratch.path, "upload");
      await keepUpload(input.file, path);
      const { passphrase, lost } = input;
      await this.#without(() =>
        restoreBackup(state, { path, passphrase, lost, scratch: scratch.path })
      );
    } finally {
      await scratch.remove();
    }
    return this.#changed();
  }

  /** Ends what runs and gives the state directory free. */
  async close(): Promise<void> {
    this.#attention.close();
    if (this.#closed) return;
    this.#closed = true;
    const running = this.#running;
    this.#running = undefined;
    await running?.close();
    if (this.#state === undefined) this.#hold.close();
    else this.#state.close();
  }

  /** Takes the running daemon down for as long as `work` lasts. */
  async #without(work: () => Promise<void>): Promise<void> {
    const { running } = this;
    this.#requireFree(running);
    this.#absence = busy("A backup is being restored; wait until it is done.");
    this.#running = undefined;
    await running.close();
    const failed = await work().then(() => null, (error: unknown) => ({ error }));
    try {
      this.#running = await RunningApp.start(this.#state!, this.#options, this.events);
      this.#absence = undefined;
    } catch (error) {
      this.#absence = new SimppdError(
        "not-started",
        "simppd could not start with what the state directory holds; start it again, and see its log.",
        error,
      );
      throw this.#absence;
    }
    if (failed !== null) throw failed.error;
  }

  #requireFree(running: RunningApp): void {
    if (running.isFree) return;
    throw new SimppdError(
      "account-exists",
      "A backup can be restored only where there is no account yet; use another --state directory.",
    );
  }

  #give(to: NewKeeper, current?: string, from?: "passphrase" | "keyring"): Promise<StatusView> {
    return this.#turns.run("key", async () => {
      const { instance } = this.running;
      if (from !== undefined && this.running.status().keeper !== from) {
        throw new SimppdError("bad-input", `The key is not kept by a ${from}.`);
      }
      await this.#hold.key.change(to, instance, current);
      return this.#changed();
    });
  }

  #takeFrom(keeper: "passphrase" | "keyring", current?: string): Promise<StatusView> {
    return this.#give({ keeper: "file" }, current, keeper);
  }

  #changed(): StatusView {
    const status = this.status();
    this.events.emit({ type: "status", data: status });
    return status;
  }
}

function busy(message: string): SimppdError {
  return new SimppdError("busy", message);
}

/** The same stream, and `over` called when it ends, even if nobody began to read it. */
function ending<T>(stream: AsyncGenerator<T, void, void>, over: () => void): AsyncIterable<T> {
  const watched = async (step: Promise<IteratorResult<T, void>>) => {
    try {
      const result = await step;
      if (result.done) over();
      return result;
    } catch (error) {
      over();
      throw error;
    }
  };
  const iterator = {
    next: () => watched(stream.next()),
    return: () => watched(stream.return()),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

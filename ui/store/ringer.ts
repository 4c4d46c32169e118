/** A soft two-note ring, made by WebAudio: nothing is fetched. */

const NOTES_HZ = [523.25, 659.25];
const NOTE_S = 0.9;
const EVERY_MS = 2600;
const LOUDNESS = 0.12;

export class Ringer {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #onBlocked: (blocked: boolean) => void;

  /** @param onBlocked told whether the browser still wants a click before it makes a sound */
  constructor(onBlocked: (blocked: boolean) => void) {
    this.#onBlocked = onBlocked;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#ring(), EVERY_MS);
    this.#ring();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#onBlocked(false);
    void this.#context?.suspend();
  }

  #ring(): void {
    const context = this.#context ??= new AudioContext();
    if (context.state === "suspended") {
      // resume() stays pending until the person has clicked somewhere on the page.
      this.#onBlocked(true);
      void context.resume().then(() => this.#onBlocked(false));
    }
    if (context.state !== "running") return;
    this.#onBlocked(false);
    NOTES_HZ.forEach((hz, index) => this.#note(context, hz, index * NOTE_S * 0.45));
  }

  #note(context: AudioContext, hz: number, after: number): void {
    const from = context.currentTime + after;
    const tone = new OscillatorNode(context, { type: "sine", frequency: hz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(LOUDNESS, from + 0.06);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + NOTE_S);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + NOTE_S);
  }
}

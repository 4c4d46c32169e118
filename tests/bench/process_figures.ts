/** Linux's clock ticks a second in /proc (USER_HZ), the same on all its platforms. */
const TICKS = 100;

/** CPU time in seconds a process has used itself, its threads in, its children out (proc(5)). */
export function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory of a process in megabytes (proc(5) VmRSS). */
export function residentMegabytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  return Number(kib) / 1024;
}

/** The most resident memory a process ever had, in megabytes (proc(5) VmHWM). */
export function peakMegabytes(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  return Number(kib) / 1024;
}

/** Watches one process: its CPU share between two moments, its memory every second. */
export class ProcessWatch {
  readonly #pid: number;
  readonly #memory: { at: number; megabytes: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #since: { at: number; cpu: number };

  constructor(pid: number) {
    this.#pid = pid;
    this.#since = { at: performance.now(), cpu: cpuSeconds(pid) };
    const look = () =>
      this.#memory.push({ at: performance.now(), megabytes: residentMegabytes(pid) });
    look();
    this.#timer = setInterval(look, 1000);
  }

  /** Counts CPU time anew from now. */
  mark(): void {
    this.#since = { at: performance.now(), cpu: cpuSeconds(this.#pid) };
  }

  /** Per cent of one core used since {@link mark}. */
  cpuPercent(): number {
    const seconds = (performance.now() - this.#since.at) / 1000;
    return (cpuSeconds(this.#pid) - this.#since.cpu) / seconds * 100;
  }

  /** Mean of the memory between two times of performance.now(); NaN when never looked at. */
  memory(from: number, to: number): number {
    const inside = this.#memory.filter(({ at }) => at >= from && at <= to);
    return inside.reduce((sum, { megabytes }) => sum + megabytes, 0) / inside.length;
  }

  /** The most memory seen. */
  get peak(): number {
    return Math.max(...this.#memory.map(({ megabytes }) => megabytes));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

import { logOf, sleep } from "../base/mod.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Waits to be told to end; after that a second signal ends the process at once. */
export function untilSignal(): { signal: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => {
    for (const name of SIGNALS) Deno.removeSignalListener(name, told);
  };
  const told = () => {
    stop();
    resolve();
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, told);
  return { signal: promise, stop };
}

/** Waits for an ending, but no longer than `ms`: the process is about to exit anyway. */
export async function endWithin(ms: number, ending: Promise<void>): Promise<void> {
  const done = new AbortController();
  const late = sleep(ms, done.signal).then(() => {
    if (!done.signal.aborted) logOf("cli").warn("ending took longer than {ms} ms", { ms });
  });
  await Promise.race([ending, late]).finally(() => done.abort());
}

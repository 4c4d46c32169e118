import { join } from "node:path";
import { logOf } from "../base/mod.ts";
import { lockOf } from "../store/mod.ts";

/** Removes what demos that were killed have left: `demo-*` folders whose people nobody runs. */
export async function sweepDemos(state: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(state)) {
    if (!isDirectory || !/^demo-\w+$/.test(name)) continue;
    const path = join(state, name);
    const locks = await Promise.all(["alice", "bob"].map((who) => lockOf(join(path, who))));
    // Without any lock it is a demo that starts right now.
    if (locks.includes("held") || !locks.includes("free")) continue;
    await Deno.remove(path, { recursive: true }).catch((error) =>
      logOf("cli").warn("{path} was left by a demo and cannot be removed: {error}", { path, error })
    );
  }
}

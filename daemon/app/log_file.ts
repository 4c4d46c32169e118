import { configureSync, jsonLinesFormatter, type LogRecord, resetSync } from "@logtape/logtape";
import { utf8 } from "../base/mod.ts";

/** A log file grows to this many bytes; then it becomes `….old`, and the one before goes. */
const MOST = 5_000_000;

/**
 * Writes what the rooms log to a file, a JSON object a line (0600), until the function that is
 * returned is called. One log a process.
 */
export function startLog(path: string): () => void {
  let file = open(path);
  let size = file.statSync().size;
  const write = (record: LogRecord) => {
    const line = utf8(jsonLinesFormatter(record));
    try {
      if (size + line.length > MOST) {
        file.close();
        Deno.renameSync(path, `${path}.old`);
        file = open(path);
        size = 0;
      }
      for (let rest = line; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
      size += line.length;
    } catch {
      // A full disk must not end a call; the line is lost.
    }
  };
  configureSync({
    reset: true,
    sinks: { file: write },
    loggers: [
      { category: "simppd", sinks: ["file"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: ["file"], lowestLevel: "warning" },
    ],
  });
  return () => {
    resetSync();
    file.close();
  };
}

function open(path: string): Deno.FsFile {
  return Deno.openSync(path, { create: true, append: true, mode: 0o600 });
}

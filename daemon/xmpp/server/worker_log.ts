import { configureSync, type LogRecord } from "@logtape/logtape";
import { logOf } from "../../base/mod.ts";

/** A line of the Worker's log on its way to the thread whose log is read. */
export interface LogLine {
  level: LogRecord["level"];
  text: string;
}

/** In the Worker: sends what is logged to `post`, for this thread's own log goes nowhere. */
export function forwardLog(post: (line: LogLine) => void): void {
  configureSync({
    sinks: { carrier: (record) => post({ level: record.level, text: textOf(record) }) },
    loggers: [
      { category: ["simppd"], sinks: ["carrier"], lowestLevel: "info" },
      { category: ["logtape"], sinks: [] },
    ],
  });
}

/** In the main thread: writes a line the Worker sent. */
export function logForwarded({ level, text }: LogLine): void {
  logOf("xmpp-server")[level]("{text}", { text });
}

function textOf(record: LogRecord): string {
  return record.message.map((part) =>
    part instanceof Error
      ? part.stack ?? part.message
      : typeof part === "object"
      ? JSON.stringify(part)
      : String(part)
  ).join("");
}

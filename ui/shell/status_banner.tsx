import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { connection, phase, status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** What keeps the dashboard from working, worst first: one banner on top of everything. */
function trouble(): { tone: "danger" | "warning"; title: string; detail: string } | null {
  if (phase.value === "no-session") return null;
  if (connection.value === "lost") {
    return { tone: "danger", title: text.connection.lost, detail: "" };
  }
  const shown = status.value;
  if (shown === null) return null;
  if (shown.state === "failed" || shown.state === "offline") {
    return {
      tone: shown.state === "failed" ? "danger" : "warning",
      title: shown.state === "failed"
        ? text.connection.accountFailed
        : text.connection.accountOffline,
      detail: shown.problem?.message ?? "",
    };
  }
  const taken = shown.server?.taken;
  if (taken !== undefined) {
    const lost = taken.some(({ kind }) => kind === "port");
    return {
      tone: lost ? "danger" : "warning",
      title: text.connection.portTaken(taken.map(({ port }) => port)),
      detail: lost ? text.connection.portLost : text.connection.otherPortLost,
    };
  }
  if (shown.state === "online" && !shown.ffmpeg.found) {
    return {
      tone: "warning",
      title: text.connection.noFfmpeg,
      detail: shown.ffmpeg.message ?? "",
    };
  }
  return null;
}

/** How long one waits before it is said what else helps, in ms. */
const LONG = 5_000;

export function StatusBanner() {
  const shown = trouble();
  const long = useSignal(false);
  const lost = connection.value === "lost";
  useEffect(() => {
    long.value = false;
    if (!lost) return;
    const timer = setTimeout(() => long.value = true, LONG);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status" class="status-banner">
      {shown !== null && (
        <div class={`strip strip-${shown.tone}`}>
          <Icon name="alert" size="s" />
          <p>
            <strong>{shown.title}</strong>{" "}
            <span dir="auto">{lost && long.value ? text.connection.lostLong : shown.detail}</span>
          </p>
        </div>
      )}
    </div>
  );
}

import type { Problem } from "./status.ts";

export interface MessageView {
  id: string;
  contact: string;
  mine: boolean;
  at: number;
  /** chat: `body` is text. Every other kind is a line drawn by the dashboard, `body` its sentence. */
  kind: "chat" | "missed-call" | "call" | "security" | "notice";
  body: string;
  /** For mine: pending (not left yet), sent (the server has it), delivered, failed (see `problem`). */
  delivery: "pending" | "sent" | "delivered" | "failed" | null;
  problem: Problem | null;
  /** Was it corrected after it was sent? */
  edited: boolean;
  /** What it was sealed with; "none": it travelled without encryption; null: it has not left yet. */
  suite: string | null;
}

import type { Problem } from "./status.ts";

export interface MessageView {
  id: string;
  contact: string;
  mine: boolean;
  at: number;
  /**
   * chat: `body` is text. file: `id` is the file's, `body` its name. Every other kind is a line drawn
   * by the dashboard, `body` its sentence.
   */
  kind: "chat" | "file" | "missed-call" | "call" | "security" | "notice";
  body: string;
  /** A URL that came beside a text in clear (XEP-0066), its host in Punycode; perhaps not https. */
  link: string | null;
  /**
   * For mine: pending (not left yet), sent (the server has it), delivered, seen (its reader's device
   * says so), failed (see `problem`).
   */
  delivery: "pending" | "sent" | "delivered" | "seen" | "failed" | null;
  problem: Problem | null;
  /** Was it corrected after it was sent? */
  edited: boolean;
  /** What it was sealed with; "none": it travelled without encryption; null: it has not left yet. */
  suite: string | null;
}

/** What the server's archive keeps of the account's messages (XEP-0441). */
export interface ArchiveView {
  /** For everybody who is on neither list; `roster`: kept with contacts alone. */
  default: "always" | "never" | "roster";
  /** Bare JIDs. */
  always: string[];
  never: string[];
}

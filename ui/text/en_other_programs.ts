/** What is said about other people's programs on the carried server. */
export const otherPrograms = {
  otherPrograms: {
    title: "Other programs",
    lead: "Any XMPP program can use your account here, such as Dino or Gajim. It does not " +
      "know simppd's encryption: what it sends and shows is not sealed end to end.",
    address: "Sign in as",
    unread: "People who use simppd will not see what you write there, and what they write to " +
      "you is not readable there.",
    here: "On this machine",
    elsewhere: "From elsewhere",
    machine: "this machine's address",
    closed: "Nobody, until you let others in.",
    direct: (host: string, port: number) => `${host}, port ${port} (TLS)`,
    starttls: (host: string, port: number) => `${host}, port ${port} (STARTTLS)`,
    webSocket: (host: string, port: number) => `${host}, port ${port} (WebSocket, uploads)`,
    certificate: "The server made its certificate itself. Where the program asks, compare the " +
      "pinned key, or trust the certificate for this server only.",
    passwordLead: "simppd signs in by its keys. Other programs need a password.",
    samePassword: "Other programs sign in with the password that you signed in with here.",
  },

  accountPassword: {
    fresh: "Password for the account",
    again: "That password again",
    differ: "The two passwords differ.",
    set: "Set the password",
    done: "The password is set. simppd goes on by its keys.",
  },
};

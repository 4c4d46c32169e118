import { plural } from "./plural.ts";

/** What is said where people are invited. */
export const invite = {
  invite: {
    title: "Invite someone",
    lead:
      "Send this link to one person, or let them scan it. It makes an account for them on your " +
      "server and you become each other's contacts.",
    once: "It works once.",
    expires: (when: string) => `Valid until ${when}.`,
    link: "Invitation link",
    copy: "Copy link",
    another: "Make another link",
    making: "Making a link …",
    open: (n: number) => plural(n, "invitation can still be used", "invitations can still be used"),
    yours: "Yours.",
    servers: "The server's.",
    revoke: "Revoke",
    qr: "QR code of the invitation link",
    onlyHere: "Your server only answers on this machine now, so the link works nowhere else. Let " +
      "others in under Settings.",
  },
};

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
    outside: "Address for others",
    outsideHint: "Where people outside your network find this machine: a name or number, as " +
      "chat.example.org or chat.example.org:5223. Invitations name it first.",
    namesNobody:
      "This machine has no address that others could use, so invitations lead nowhere. " +
      "Give the address by which others find it.",
    note: "For whom",
    noteHint: "A note for yourself, such as “for Bob”; the link does not have it.",
    unused: "Nobody has used it yet. Did you give it to somebody already? Then make another link " +
      "for the next person.",
    shown: "Shown above.",
    show: "Show link",
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

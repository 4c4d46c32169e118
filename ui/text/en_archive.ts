/** What is said about the archive that one's server keeps. */
export const archive = {
  archive: {
    title: "Archive on your server",
    lead: "Your other devices find there what was said while they were away. Sealed messages lie " +
      "sealed in it; who wrote to whom and when can be read by the server. A choice holds for what " +
      "comes from then on.",
    asking: "Asking your server …",
    defaults: { always: "Keep all", roster: "Contacts only", never: "Keep nothing" },
    lists: { always: "always kept", never: "never kept" },
    exceptions: "Addresses with a choice of their own",
    address: "An address with a choice of its own",
    add: { always: "Always keep", never: "Never keep" },
    remove: (jid: string) => `No choice of its own for ${jid}`,
  },
};

/** What is said about locking, backups and deleting. */
export const atRest = {
  unlock: {
    title: "simppd is locked",
    lead:
      "Your keys and messages are sealed under your passphrase. Nothing runs before it is given.",
    passphrase: "Passphrase",
    go: "Unlock",
  },

  safekeeping: {
    passphrase: "Passphrase",
    keepers: {
      file:
        "The key to your data lies beside it on this disk. A passphrase protects both when the " +
        "machine is stolen; whoever forgets it loses the data.",
      passphrase: "simppd asks for your passphrase each time it starts.",
      keyring: "The system's keyring keeps the key to your data.",
    },
    current: "Passphrase in use",
    fresh: "New passphrase",
    again: "The same again",
    set: "Set passphrase",
    change: "Change passphrase",
    remove: "Remove passphrase",
    lock: "Lock simppd",
    lockHint: "Ends calls and connection; nothing runs before the passphrase is given again.",
    passphraseSet: "The passphrase is set.",
    passphraseChanged: "The passphrase is changed.",
    passphraseRemoved: "The passphrase is removed.",
    noKeyring:
      "The system's keyring can keep the key instead, on Linux with secret-tool and on macOS: " +
      "“simppd keyring use” on the command line.",
    differ: "The two passphrases differ.",
    short: "At least ten characters. Five words drawn at random are good.",
    fair: "Usable. A longer one is better.",
    good: "Long enough, if nobody can guess it.",
    backup: "Backup",
    backupLead:
      "Account, contacts, verified keys and messages in one sealed file. Restoring it makes " +
      "a new device of yours. Files that were sent or fetched are not in it: save those you need.",
    backupPassphrase: "Passphrase for this file",
    backupServer: "With my own server",
    backupGo: "Download backup",
  },

  forget: {
    open: "Delete chat",
    title: (name: string) => `Delete the chat with ${name}?`,
    lead:
      "All its messages are deleted from this machine's disk. This cannot be undone. The other " +
      "side keeps its own copy.",
    everythingHint:
      "To forget the contact deletes their keys, too: if you meet again, compare the " +
      "safety number anew.",
    everything: "Forget the contact too",
    go: "Delete messages",
  },
};

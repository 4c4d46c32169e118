/** What is said about taking a further device into the account. */
export const linking = {
  linking: {
    open: "Add a device",
    title: "Add a device",
    lead:
      "Another computer of yours can use this account too: it gets keys of its own, and messages " +
      "come to both. What was said before is not copied; what you verified is told to it.",
    elsewhere:
      "The device that holds the account key approves new ones, and it is another one than " +
      "this. The link works from here all the same.",
    onlyHere:
      "Your server only answers on this machine now, so no other device can reach it. Let " +
      "others in first, under “Your server” in the settings.",
    stepPassword: "Set a password for the account",
    stepPasswordLead:
      "This device logs in by its keys and needs none; the new one logs in with the " +
      "password. Setting one replaces the one before.",
    stepHas: "Have the account's password at hand",
    password: "Password for the account",
    stepLink: "Give this link to the new device",
    stepLinkLead:
      "On the new device start simppd, choose “Add this device to an account of yours”, and " +
      "paste the link. It holds no secret: address, server and the server's key.",
    link: "Link for the new device",
    copy: "Copy link",
    qr: "QR code of the link for the new device",
    byHand: "Or enter it by hand, under “Sign in to an XMPP account”",
    address: "XMPP address",
    server: "Server",
    serverFound: "found by the address",
    pin: "Pinned key",
    pinNone: "none needed",
    stepCode: "Compare the code and answer on both",
    stepCodeLead:
      "Both devices then show a code of 30 digits. Say on the new one that it matches, " +
      "and approve it here, under “Your devices”.",
    wayTitle: "Add this device to an account of yours",
    wayLead: "You use simppd on another device already, and it shows you a link.",
    pasted: "Link from your other device",
    pastedHint: "There: Settings, Your devices, Add a device.",
    notALink: "This is not the link that “Add a device” shows: it begins with simppd:device?",
    forGood: [
      "This device asks your other one to be added. Until you compared the code and answered on both, " +
      "it sends and opens nothing.",
      "It gets no messages from before. The password is kept in simppd's state directory on this " +
      "machine, readable to your user only.",
    ],
    go: "Ask to be added",
  },
};

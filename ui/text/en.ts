import { archive } from "./en_archive.ts";
import { atRest } from "./en_at_rest.ts";
import { calls } from "./en_calls.ts";
import { display } from "./en_display.ts";
import { files } from "./en_files.ts";
import { groups } from "./en_groups.ts";
import { help } from "./en_help.ts";
import { invite } from "./en_invite.ts";
import { linking } from "./en_linking.ts";
import { otherPrograms } from "./en_other_programs.ts";
import { picture } from "./en_picture.ts";
import { plain } from "./en_plain.ts";
import { rooms } from "./en_rooms.ts";
import { trust } from "./en_trust.ts";
import { plural } from "./plural.ts";

/**
 * Every sentence the dashboard says, in English. Another language is another table of this shape.
 * What depends on a value is a function of it.
 */
export const en = {
  ...archive,
  ...calls,
  ...trust,
  ...otherPrograms,
  ...picture,
  ...plain,
  ...linking,
  ...invite,
  ...rooms,
  ...display,
  ...files,
  ...groups,
  ...help,

  app: { name: "simppd", loading: "Opening the dashboard …" },

  common: {
    cancel: "Cancel",
    close: "Close",
    save: "Save",
    back: "Back",
    copy: "Copy",
    copied: "Copied",
    retry: "Try again",
    dismiss: "Dismiss",
    optional: "optional",
  },

  errors: {
    unreachable: "simppd on this machine does not answer. Is it still running?",
    session: "This page is no longer signed in. Run “simppd open” for a new link.",
    copy: "The browser did not let us copy. Select the text and copy it yourself.",
    snapshot: "There is no picture to keep yet.",
    fullscreen: "The browser refused full screen.",
  },

  connection: {
    lost: "Connection to simppd on this machine is lost. Reconnecting …",
    lostLong: "If it was started again, run “simppd open” for a new page.",
    accountOffline: "Not connected to the server",
    accountFailed: "Sign-in does not work",
    portTaken: (ports: number[]) =>
      `Another program has port ${ports.join(" and port ")} of your server.`,
    portLost: "People who joined by your invitations look for it there and do not reach you. End " +
      "that program: simppd goes back to the port by itself.",
    otherPortLost: "Other programs, and files that were sent, look for it there. End that " +
      "program: simppd goes back to the port by itself.",
    noFfmpeg: "No camera can be opened",
  },

  session: {
    title: "This page needs a link from simppd",
    lead: "The dashboard only opens for whoever runs simppd on this machine. Ask it for a link:",
    command: "simppd open",
    after: "It opens a fresh page. A link works once and only for a short time.",
    refused: "That link was already used, or is too old.",
    copyCommand: "Copy the command",
  },

  setup: {
    title: "Welcome to simppd",
    lead: "Private messages and encrypted video calls, from your own machine. How do you want to " +
      "begin?",
    carryTitle: "Carry a server here",
    carryLead:
      "Nothing to sign up for. Your machine becomes a small server, and you invite others.",
    joinTitle: "Join with an invitation link",
    joinLead: "Somebody sent you a link. It makes an account for you on their server.",
    signInTitle: "Sign in to an XMPP account",
    signInLead: "You have an address such as anna@example.org and its password.",
    restoreTitle: "Restore a backup",
    restoreLead: "You have a backup file and its passphrase. This machine becomes a new device.",
    restoreFile: "Backup file",
    restorePassphrase: "Passphrase of the backup",
    restoreLost: "The devices I had before are lost",
    restoreLostHint: "They are taken off your list: nobody writes to them any more.",
    restoreGo: "Restore",
    restoreForGood: [
      "This machine becomes a new device of your account, with keys of its own. Contacts see the " +
      "same account key as before.",
      "If the backup holds your own server, do not run it on the old machine any more.",
    ],
    nick: "Your name",
    nickHint: "What others see when you write or call.",
    username: "Name in your address",
    usernameHint: "An address takes Latin letters and digits, and your name has none of them.",
    forGood: "What cannot be undone",
    carryForGood: [
      "Your server's address and your account are made once. They cannot be renamed later.",
      "Your account key is made on this machine and stays in simppd's state directory. Whoever " +
      "loses that directory and has no backup of it loses the account and its messages.",
    ],
    joinForGood: [
      "The link works once. The account it makes lives on the server of the person who invited " +
      "you, and cannot be renamed or moved.",
      "Your account key is made on this machine and stays in simppd's state directory. Whoever " +
      "loses that directory and has no backup of it loses the account and its messages.",
    ],
    signInForGood: [
      "If the account is not used with simppd yet, its account key is made on this machine. Contacts " +
      "who knew other keys of yours see that they changed.",
      "If you use simppd with it on another device, nothing is replaced: this one asks that device " +
      "to be added, and sends nothing before. “Add a device” there makes it easier.",
      "The password is kept in simppd's state directory on this machine, readable to your user " +
      "only.",
    ],
    reach: "Who can reach your server?",
    reachHere: "Only this machine",
    reachHereHint: "Good for a look around. You can let others in later.",
    reachNetwork: "Let others in",
    reachNetworkHint:
      "People on your network, or wherever your machine can be reached, can connect.",
    reachWarning: "Your server will listen on every network this machine is on. Strangers there " +
      "can see that it exists and try to talk to it, though they need an invitation to get an " +
      "account. Choose this on networks you trust.",
    link: "Invitation link",
    linkHint: "Paste the whole link, exactly as you received it.",
    jid: "XMPP address",
    jidHint: "For example anna@example.org",
    password: "Password",
    advanced: "Server and certificate",
    server: "Server",
    serverHint: "host, host:port or wss://host/path, when it cannot be found from the address.",
    pin: "Pinned key",
    pinHelp: {
      lead: "No authority vouches for this server's certificate. If the server makes its own " +
        "(many home servers do), sign in by its pinned key instead: ask whoever runs it, over " +
        "another way than this network, and put the key in above.",
      wrong: "The key you pinned is not the one this server showed. Compare it with whoever runs " +
        "the server. If it is right, somebody may be between you and the server: do not sign in.",
      simppd: "A server carried by simppd shows it under Settings, Your server, Pinned key.",
      other: "On any other server this prints it from its certificate:",
      command: "openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der | " +
        "openssl dgst -sha256 -binary | basenc --base64url | tr -d =",
      careful: "A wrong key gives your password's proof to somebody else, so it is never taken " +
        "over by itself.",
      show: "Enter the pinned key",
    },
    pinHint: "SHA-256 of the server's public key, base64url, for a certificate of its own making.",
    carryGo: "Start my server",
    joinGo: "Join",
    signInGo: "Sign in",
    working: "One moment …",
  },

  ...atRest,

  account: {
    states: {
      none: "No account yet",
      connecting: "Connecting …",
      online: "Online",
      offline: "Offline, trying again",
      failed: "Cannot sign in",
      unheard: "simppd does not answer, trying again",
    },
    settings: "Settings",
    help: "Keys and help",
  },

  people: {
    title: "Contacts",
    search: "Search contacts",
    add: "Add contact",
    invite: "Invite someone",
    requests: "Want to reach you",
    unread: (n: number) => plural(n, "unread message", "unread messages"),
    you: "You: ",
    none: "Nobody here yet",
    noneLead: "Invite someone with a link, or add a person whose XMPP address you know.",
    noMatch: (query: string) => `Nobody matches “${query}”.`,
    presence: {
      online: "Online",
      away: "Away",
      dnd: "Do not disturb",
      offline: "Offline",
      unknown: "Not known while you are offline",
    },
    asking: "Waiting for an answer",
    blocked: "Blocked",
    neverTalked: "No messages yet",
    inCall: "In a call",
    callWaiting: "Call put aside",
    list: "Conversations",
    typing: "is writing …",
  },

  request: {
    title: (name: string) => `${name} wants to reach you`,
    lead: "If you accept, you see when the other is online and can write and call.",
    accept: "Accept",
    deny: "Deny",
    block: "Block",
  },

  add: {
    title: "Add a contact",
    jid: "XMPP address",
    jidHint: "For example ben@example.org. They are asked whether they want it.",
    name: "Name",
    go: "Send request",
    instead: "They have no account? Invite them with a link instead.",
  },

  contact: {
    title: "Contact",
    name: "Name",
    security: "Security",
    fingerprint: "Account key",
    devices: (n: number) => plural(n, "device", "devices"),
    deviceMutual: "proved both ways",
    deviceNot: "not proved yet",
    none: "none yet",
    block: "Block",
    unblock: "Unblock",
    remove: "Remove",
    askAgain: "Ask again",
    verify: "Verify",
    toVerify: (state: string) => `${state}: compare the safety number`,
    compareAgain: (state: string) => `${state}: show the safety number`,
    removeTitle: (name: string) => `Remove ${name}?`,
    removeLead: "They can no longer see when you are online, and you disappear from each other's " +
      "lists. To talk again, one of you has to ask anew. Your messages stay on this computer, and are " +
      "shown again when you add them again; “Delete chat” deletes them.",
    removeGo: "Remove contact",
    details: "Contact details",
  },

  chat: {
    emptyTitle: "Pick a conversation",
    emptyLead: "Choose someone on the left, or invite a person to talk to.",
    firstTitle: (name: string) => `Say hello to ${name}`,
    first: {
      sealed: "What you write here is encrypted on this machine and opened on theirs.",
      noKeys:
        "They have shown no keys yet. What you write is sent only if it can be encrypted for " +
        "them; if it cannot, you are told.",
      plain: "What you write here is not encrypted: whoever runs a server between you can read it.",
      waits: "Nothing can be sent to them for now.",
    },
    log: (name: string) => `Messages with ${name}`,
    older: "Load older messages",
    loading: "Loading …",
    beginning: "The beginning of this conversation",
    newBelow: "New messages",
    toNewest: "To the newest message",
    message: "Message",
    placeholder: (name: string) => `Message ${name}`,
    send: "Send",
    composeHint: "Enter sends, Shift and Enter begins a new line, Arrow up in an empty field " +
      "corrects your last message.",
    typing: "is writing …",
    typingMany: "are writing …",
    and: "and",
    andOthers: (n: number) => `and ${n} more`,
    newTab: "opens in a new tab",
    edit: "Correct this message",
    edited: "edited",
    editing: "Correcting your last message. Escape leaves it as it was.",
    editCancel: "Leave it as it was",
    editSave: "Send correction",
    today: "Today",
    yesterday: "Yesterday",
    mine: "You",
    delivery: {
      pending: "Waiting to be sent",
      sent: "Sent",
      delivered: "Delivered",
      seen: "Seen",
      failed: "Not sent",
    },
    again: "Send again",
    wasSentAgain: "Sent again",
    blocked: "You blocked this contact. Nothing is sent or received.",
    unblock: "Unblock",
    paused: "Nothing is sent to the keys in doubt.",
    verifyFirst: "You write and call verified contacts only.",
    verifyGo: "Verify first",
    noKeysYet: "You write and call verified contacts only, and no keys of this one are known yet.",
    unsure: "Not sent: the keys are in doubt.",
    denied: "Accept the request to write.",
    back: "Back to contacts",
  },

  settings: {
    title: "Settings",
    you: "You",
    device: "This device",
    fingerprint: "Your account key",
    login: "Signed in",
    loginBy: (mechanism: string, profile: string | null, mutual: boolean) =>
      `By ${mechanism}${profile === null ? "" : ` (${profile})`}${
        mutual ? ", both sides proved" : ""
      }`,
    look: "Look",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    ring: "Ring when somebody calls",
    relayOnly:
      "Calls through your server's relay only, so that nobody you call learns your address",
    noRelay:
      "Your server names no relay: with this on, no call will be possible. Ask who runs the " +
      "server for one (XEP-0215), or turn this off.",
    notify: "Notifications",
    notifyOn: "On",
    notifyOff: "Turn on",
    notifyDenied: "Blocked in the browser's settings for this page",
    calls: "Calls",
    camera: "Camera for calls",
    cameraOpen: "Choose",
    server: "Your server",
    serverAddress: "Address",
    serverPin: "Pinned key",
    serverHere: "Only this machine can reach it.",
    serverNetwork: "Others can reach it.",
    letIn: "Let others in",
    keepOut: "Only this machine",
    health: "Health check",
    healthRun: "Run the checks",
    ok: "In order",
    notOk: "Needs attention",
    signOut: "Sign out of this page",
    signOutHint: "Closes this browser's session. simppd keeps running.",
    version: (version: string) => `simppd ${version}`,
  },

  notify: {
    ask: "Be told when somebody calls, even when this page is in the background?",
    yes: "Turn on notifications",
    no: "Not now",
    call: (name: string) => `${name} is calling`,
    callBody: "Open simppd to accept, put aside or decline.",
    message: (name: string) => `Message from ${name}`,
    messageBody: "Open simppd to read it.",
  },
};

export type Text = typeof en;

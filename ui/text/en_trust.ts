/** The part of the English table about keys: who is who, what is used, which devices. */
export const trust = {
  trust: {
    unknown: "No keys yet",
    "first-use": "Not verified",
    verified: "Verified",
    changed: "Key changed",
    doubted: { "new-key": "Key changed", refused: "Refused", differs: "Numbers differ" },
    explain: {
      unknown: "No keys of this contact have been seen. They are fetched with the first message.",
      "first-use":
        "Messages and calls are encrypted. Compare the safety number to be sure to whom.",
      verified: "You compared the safety number: it is the person you think it is.",
      changed: "The account key is in doubt. Nothing is sent until you decide.",
    },
    weak: "Paper profile, weak",
    mutual: "Both sides proved their keys",
    line: {
      verified: "Verified, and both sides proved themselves: secure",
      open: "Encrypted; not compared yet",
      notMutual: "Encrypted with the first message; not proved both ways yet",
      weak: "Encrypted by the weak paper profile only",
    },
    mutualWeak: "Both sides proved themselves, but only by the weak paper profile",
    notMutual: "Not proved both ways yet: the first messages do that",
  },

  suites: {
    title: "Encryption",
    titleAll: "Encryption with everybody",
    verifiedOnly: "Write and call verified contacts only",
    tellSeen: "Tell contacts which messages you have read",
    tellSeenHint:
      "Sealed like the messages, from this device alone. Others choose for themselves " +
      "whether you see it of them; a server sees that something is sent when you read.",
    leadAll: "Holds for every contact without a choice of their own.",
    inUse: "In use now",
    allowed: "Allowed encryption",
    asAll: "As with everybody",
    ownChoice: "Choose for this contact",
    names: {
      "simpp-pq": "Post-quantum",
      "simpp-modern": "Modern",
      "simpp-2009": "Paper profile 2009, weak",
    },
    explain: {
      "simpp-pq": "Also holds against a quantum computer that records today and breaks later.",
      "simpp-modern": "Today's best without the post-quantum part.",
      "simpp-2009": "Only to try the published paper's algorithms, between test devices.",
    },
    both: "Both of you must allow what is used. The strongest that both allow is taken. " +
      "What is taken away here is not sent with any more.",
    weakWarning: "The paper profile of 2009 can be broken with great effort, and by a quantum " +
      "computer. What you write and show with it may be read one day. Allow it for tests only, " +
      "never for anything private.",
    weakInUse: "This conversation uses the weak paper profile. Write nothing private here.",
    noneChosen: "At least one must stay allowed. To stop talking altogether, block the contact.",
    save: "Apply",
    saved: "Applied",
  },

  devices: {
    title: "Your devices",
    here: "This device",
    code: "Code of 30 digits",
    request: "A device asks to join your account",
    requestLead:
      "Approve it only if it is yours and shows exactly this code: all of it. It can then read and " +
      "write in your name.",
    approve: "The codes match: approve",
    deny: "Deny",
    asks: "Another device asks to join your account. If it is not yours, deny it.",
    look: "Look",
    linked: "Devices are approved and removed on the one that holds the account key.",
    remove: "Remove",
    removeNamed: (id: string) => `Remove ${id}`,
    removeLead: (id: string) =>
      `Remove ${id}? Nothing is sealed for it any more. What it has received stays on it. If it ` +
      "knows the account's password or login key it can still log in, and see who writes to whom " +
      "and when.",
    removeKeyed: "If it is lost or not in your hands, set another password for the account under " +
      "“Add a device”. Login keys cannot be renewed yet: a device restored from a backup keeps them.",
    removePassword: "If it is lost or not in your hands, change the account's password where the " +
      "account was made.",
    removeGo: "Remove device",
    denied: {
      title: "Your other device denied this one",
      lead: "It was asked to add this device, and somebody answered no there. Nothing is sent or " +
        "opened here.",
    },
    removed: {
      title: "This device was taken off your account",
      lead:
        "The device that holds the account key removed it. Nothing is sent or opened here; what " +
        "came before stays.",
    },
    askAgain: "Ask again",
    asked: "Asked. Your other device shows this code if it is online:",
    unlinked: {
      title: "Approve this device on your other one",
      lead: "This account is in use on another device. Open simppd there, then Settings, Your " +
        "devices: it shows a code. Compare it with this one, all of it, and answer on both " +
        "devices. Until then nothing is sent or opened here. Messages from before are not copied.",
      match: "The codes match",
      differ: "They differ",
      given: "You said that the codes match. Approve this device on the other one too.",
      refused: "The codes differed: somebody between your devices shows keys that are not yours. " +
        "They are not taken. Do not approve this device; deny it on the other one, and try again " +
        "over another network.",
      again: "I compared again: the codes match",
    },
    replaced: {
      title: "Somebody published other keys for your account",
      lead: "If you started anew on another device, approve this one there or use only that one. " +
        "If it was not you, somebody can use your account: change its password at your server, " +
        "warn your contacts in person, and only then start anew here. Nothing is sent meanwhile.",
    },
    anew: "Start anew on this device …",
    anewTitle: "Start anew with new keys, made on this device?",
    anewConsequences: [
      "Your account's keys are replaced. Every contact sees that they changed and must decide and " +
      "compare numbers again.",
      "Your other devices stop working for this account until this device approves them.",
      "Messages on their way to the old keys cannot be opened here. This cannot be undone.",
    ],
    anewGo: "Replace the keys",
  },

  verify: {
    title: (name: string) => `Verify ${name}`,
    lead: (name: string) =>
      `Ask ${name} to open the same page about you: in person, or by voice where you know each ` +
      "other. Are these 60 digits the same on both screens?",
    number: "Safety number",
    qr: "QR code of the safety number",
    copyCode: "Copy my code's text",
    match: "They match",
    differ: "They differ",
    differLead: (name: string) =>
      `Somebody may be between you, or one of you set up simppd anew. Nothing is sent to ${name} any ` +
      "more until you accept the keys again. Ask them, in person, whether they changed devices, and " +
      "compare again.",
    again: "Compare again",
    mismatch: "This is not the same key",
    byCode: "By code",
    byCodeLead: (name: string) =>
      `Scan the code on ${name}'s screen: simppd compares both keys at once.`,
    scan: "Scan their code",
    scanning: "Hold their code in front of the camera. The picture stays in this browser.",
    scanStop: "Stop the camera",
    camera: "Camera picture",
    cameraDenied: "The browser was not allowed to use the camera. Allow it for this page in the " +
      "browser's settings, or paste the code's text.",
    cameraMissing: "This browser finds no camera. Paste the code's text instead.",
    cameraFailed: "The camera could not be opened; perhaps something else uses it. Paste the " +
      "code's text instead.",
    paste: "No camera? Paste the code's text",
    pasted: "Text of their code",
    check: "Check",
    doneTitle: "Verified",
    doneClose: "Done",
    already: "You verified this contact before.",
    done: (name: string) => `${name} is verified.`,
    loading: "Working out the number …",
  },

  change: {
    "new-key": {
      title: (name: string) => `${name}'s account key changed`,
      lead:
        "This happens when someone sets up simppd anew, and also when somebody else pretends to " +
        "be them. Nothing is sent until you decide.",
    },
    refused: {
      title: (name: string) => `You refuse ${name}'s new key`,
      lead:
        "Nothing is sent to it, and nothing of it is opened. If you met and the numbers are the " +
        "same after all, compare them or trust it.",
    },
    differs: {
      title: (_: string) => "You said that the numbers differ",
      lead: "Nothing is sent to these keys, and nothing of them is opened. Talk to the person " +
        "another way; if the numbers are the same after all, compare them again.",
    },
    compare: "Compare safety number",
    accept: (doubt: string) =>
      doubt === "differs" ? "Trust the keys all the same …" : "Trust the new key …",
    sure: (name: string) =>
      `Trust this key without comparing? If it is somebody else's, they read and write in place of ` +
      `${name}. Comparing the safety number is the only way to know.`,
    acceptGo: "Trust without comparing",
    refuse: "Keep refusing",
  },
};

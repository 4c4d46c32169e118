/**
 * Every sentence the dashboard says, in English. Another language is another table of this shape.
 * What depends on a value is a function of it.
 */
const plural = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const en = {
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
    accountOffline: "Not connected to the server",
    accountFailed: "Sign-in does not work",
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
    nick: "Your name",
    nickHint: "What others see when you write or call.",
    forGood: "What cannot be undone",
    carryForGood: [
      "Your server's address and your account are made once. They cannot be renamed later.",
      "Your account key is made on this machine and stays in simppd's state directory. Whoever " +
      "loses that directory loses the account and its messages.",
    ],
    joinForGood: [
      "The link works once. The account it makes lives on the server of the person who invited " +
      "you, and cannot be renamed or moved.",
      "Your account key is made on this machine and stays in simppd's state directory. Whoever " +
      "loses that directory loses the account and its messages.",
    ],
    signInForGood: [
      "A new account key is made on this machine. Contacts who verified another device of yours " +
      "will see that your key changed and should compare numbers again.",
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
    serverHint: "host or host:port, when it cannot be found from the address.",
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

  account: {
    states: {
      none: "No account yet",
      connecting: "Connecting …",
      online: "Online",
      offline: "Offline, trying again",
      failed: "Cannot sign in",
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
    qr: "QR code of the invitation link",
    onlyHere: "Your server only answers on this machine now, so the link works nowhere else. Let " +
      "others in under Settings.",
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
    removeTitle: (name: string) => `Remove ${name}?`,
    removeLead: "They can no longer see when you are online, and you disappear from each other's " +
      "lists. To talk again, one of you has to ask anew.",
    removeGo: "Remove contact",
    details: "Contact details",
  },

  trust: {
    unknown: "No keys yet",
    "first-use": "Not verified",
    verified: "Verified",
    changed: "Key changed",
    explain: {
      unknown: "No keys of this contact have been seen. They are fetched with the first message.",
      "first-use":
        "Messages and calls are encrypted. Compare the safety number to be sure to whom.",
      verified: "You compared the safety number: it is the person you think it is.",
      changed: "The account key is another than before. Nothing is sent until you decide.",
    },
    weak: "Paper profile, weak",
    mutual: "Both sides proved themselves: secure",
    notMutual: "Not proved both ways yet: the first messages do that",
  },

  suites: {
    title: "Encryption",
    titleAll: "Encryption with everybody",
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
    both: "Both of you must allow what is used. The strongest that both allow is taken.",
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
    code: "Code of 20 digits",
    request: "A device asks to join your account",
    requestLead:
      "Approve it only if it is yours and shows exactly this code. It can then read and " +
      "write in your name.",
    approve: "The codes match: approve",
    deny: "Deny",
    asks: "Another device asks to join your account. If it is not yours, deny it.",
    look: "Look",
    linked: "Devices are approved and removed on the one that holds the account key.",
    remove: "Remove",
    removeNamed: (id: string) => `Remove ${id}`,
    removeLead: (id: string) =>
      `Remove ${id}? Nothing is sealed for it any more. What it has received stays on it.`,
    removeGo: "Remove device",
    unlinked: {
      title: "Approve this device on your other one",
      lead: "This account is in use on another device. Open simppd there, then Settings, Your " +
        "devices, and approve this device if the code is the same. Until then nothing is sent or " +
        "opened here.",
    },
    replaced: {
      title: "Somebody published other keys for your account",
      lead: "If you started anew on another device, approve this one there or use only that one. " +
        "If it was not you, somebody can use your account: change its password at your server, " +
        "warn your contacts in person, and only then start anew here. Nothing is sent meanwhile.",
    },
    anew: "Start anew on this device …",
    anewTitle: "Start anew with this device's own keys?",
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
    match: "They match",
    differ: "They differ",
    differLead: "Then somebody may be between you, or one of you set up simppd anew. Do not send " +
      "anything private here. Ask the other, in person, whether they changed devices, and compare " +
      "again.",
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
    title: (name: string) => `${name}'s account key changed`,
    lead:
      "This happens when someone sets up simppd anew, and also when somebody else pretends to " +
      "be them. Nothing is sent until you decide.",
    compare: "Compare safety number",
    accept: "Trust the new key",
    refuse: "Keep refusing",
    refused: "The new key stays refused; nothing is sent to it.",
  },

  chat: {
    emptyTitle: "Pick a conversation",
    emptyLead: "Choose someone on the left, or invite a person to talk to.",
    firstTitle: (name: string) => `Say hello to ${name}`,
    firstLead: "What you write here is encrypted on this machine and opened on theirs.",
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
      failed: "Not sent",
    },
    again: "Send again",
    wasSentAgain: "Sent again",
    blocked: "You blocked this contact. Nothing is sent or received.",
    unblock: "Unblock",
    paused: "Sending is paused until you decide about the new key.",
    denied: "Accept the request to write.",
    back: "Back to contacts",
  },

  call: {
    start: "Start call",
    startWith: (name: string) => `Start a call with ${name}`,
    cameraChoice: "Camera options",
    busy: "You are in a call already",
    blocked: "Unblock the contact to call",
    changed: "Decide about the new key to call",
    incoming: "Incoming video call",
    inviter: "Inviter",
    invitee: "Invitee",
    accept: "Accept",
    acceptOff: "Accept with camera off",
    later: "Later",
    decline: "Decline",
    soundOff: "Your browser keeps the ring silent until you click somewhere on this page.",
    laterHint: (name: string) => `${name} is still calling`,
    stage: (name: string) => `Call with ${name}`,
    remote: (name: string) => `Picture from ${name}`,
    local: "Your own picture",
    localOff: "Your camera is off",
    localStarting: "Camera starting …",
    localNone: "No signal",
    stop: "Stop",
    cameraOff: "Turn camera off",
    cameraOn: "Turn camera on",
    options: "Options",
    info: "Info",
    snapshot: "Keep a picture",
    fullscreen: "Full screen",
    leaveFullscreen: "Leave full screen",
    toChat: "Chat during the call",
    toStage: "Back to the call",
    mini: "Running call",
    states: {
      calling: "Calling …",
      ringing: "Ringing …",
      later: "Put aside",
      connecting: "Connecting …",
      active: "Connected",
      ended: "Call ended",
    },
    connectingLead: "Finding a path and checking the device tag.",
    waitingPicture: "Waiting for the first picture",
    stalled: "Picture stalled",
    remoteOff: (name: string) => `${name}'s camera is off`,
    remoteNone: (name: string) => `${name}'s camera gives no picture`,
    stalledFor: (seconds: number) => `No new picture for ${plural(seconds, "second", "seconds")}`,
    again: "Start again",
    close: "Close",
    lasted: (duration: string) => `It lasted ${duration}.`,
    reasons: {
      hangup: "The call was ended.",
      declined: "The call was declined.",
      busy: "They are in another call.",
      timeout: "Nobody answered.",
      offline: "They are offline.",
      cancelled: "The call was cancelled.",
      "answered-elsewhere": "Answered on another device.",
      "no-path": "No way to the other device was found.",
      "wrong-tag": "The other device showed a wrong tag; nothing was opened.",
      lost: "The other side went silent.",
      camera: "The camera could not be used.",
      failed: "The call failed.",
    },
  },

  options: {
    title: "Camera options",
    leadCall: "Changes take effect in the running call.",
    leadNext: "Used for the calls you start or accept from this browser.",
    camera: "Camera",
    off: "Camera off",
    automatic: "Let simppd choose",
    size: "Size",
    rate: "Pictures per second",
    apply: "Apply",
    loading: "Looking for cameras …",
    none: "No camera was found. The test picture can be used instead.",
    test: "Test picture",
  },

  info: {
    title: "Call info",
    waiting: "Figures appear once the call is connected.",
    security: "Security",
    suite: "Suite",
    mutual: "Mutual authentication",
    complete: "Complete",
    incomplete: "Not complete",
    compared: "Safety number",
    comparedYes: "Verified",
    comparedNo: "Not verified",
    fingerprintLocal: "Your key",
    fingerprintRemote: "Their key",
    tags: "Device tags",
    tagsYes: "Verified",
    tagsNo: "Not verified yet",
    tagLocal: "Your tag",
    tagRemote: "Their tag",
    path: "Path",
    kind: "Kind",
    kinds: { udp: "Direct (UDP)", direct: "Direct", tcp: "Direct (TCP)", relay: "Relayed" },
    rtt: "Round trip",
    from: "From",
    to: "To",
    sending: "Sending",
    receiving: "Receiving",
    rate: "Rate",
    bitrate: "Bit rate",
    latency: "Latency",
    latencyHint: "capture to ready-to-view, median and 95th of a hundred",
    frames: "Frames",
    dropped: "Dropped",
    openFailures: "Could not be opened",
    strays: "Stray packets",
    strayHint: "dropped without an answer; they cannot harm the call",
    events: "Security events",
    noEvents: "None",
    sound: "Sound",
    noSound: "No sound yet: calls carry pictures only.",
    unknown: "not known yet",
    perSecond: (n: number) => `${n.toFixed(n < 10 ? 1 : 0)} /s`,
    kbps: (n: number) => n >= 1000 ? `${(n / 1000).toFixed(1)} Mbit/s` : `${Math.round(n)} kbit/s`,
    ms: (n: number) => `${n < 10 ? n.toFixed(1) : Math.round(n)} ms`,
    latencyValue: (p50: number, p95: number) =>
      `${p50 < 10 ? p50.toFixed(1) : Math.round(p50)} / ${
        p95 < 10 ? p95.toFixed(1) : Math.round(p95)
      } ms`,
  },

  settings: {
    title: "Settings",
    you: "You",
    device: "This device",
    fingerprint: "Your account key",
    login: "Signed in",
    loginBy: (mechanism: string, mutual: boolean) =>
      `By ${mechanism}${mutual ? ", both sides proved" : ""}`,
    look: "Look",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    ring: "Ring when somebody calls",
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
    signOut: "Lock this page",
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

  help: {
    title: "Keys and help",
    lead: "Keys work when no text field has the focus.",
    general: "Everywhere",
    ringing: "When it rings",
    call: "In a call",
    keys: {
      search: "Search contacts",
      help: "This page",
      escape: "Close a dialogue; put a ringing call aside",
      accept: "Accept",
      later: "Later",
      decline: "Decline",
      info: "Info",
      options: "Options",
      camera: "Camera off or on",
      chat: "Chat, and back to the call",
      fullscreen: "Full screen",
      snapshot: "Keep a picture",
      stop: "Stop",
    },
  },
};

export type Text = typeof en;

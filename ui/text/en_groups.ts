const plural = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** What is said about encrypted groups. */
export const groups = {
  groups: {
    kind: "Group",
    sealed: "Encrypted",
    sealedLead: "Only the members and who keeps the keys can read what is said here.",
    epoch: (n: number) => `epoch ${n}`,
    states: {
      invited: "Invited",
      joining: "Waiting for the key …",
      in: "",
      waiting: "Waiting for the connection or the key",
      out: "You are not in this group",
    },
    members: (n: number) => plural(n, "member", "members"),

    make: "Make a group",
    name: "Name of the group",
    nameHint: "Only its members get to know it.",
    serverHint:
      "Your own server when empty. Whoever runs it sees who writes when, and cannot read it.",
    makeLead:
      "The group is encrypted. Its keys are kept by simppd on this device: it lets people in, and " +
      "changes the key when somebody comes or goes. While it is off, nobody can come or go; the " +
      "others go on talking.",
    goMake: "Make the group",
    /** A key server that is not this simppd. */
    elsewhere: {
      more: "Have the keys kept elsewhere",
      jid: "Address of the key server",
      jidHint: "Such as keys.example.org. It has to keep groups for you.",
      key: "Its key",
      keyHint: "64 hex digits, as it shows itself where it runs. Get them from who runs it.",
      lead: (jid: string) =>
        `The group is encrypted. Its keys are kept by ${
          jid === "" ? "that key server" : jid
        }: who runs it can read the group, as its members can, and lets people in and out while ` +
        "this device is off.",
    },

    /** Registrars of a group that is to be made. */
    vouching: {
      more: "Have registrars say who comes in",
      label: "Registrars, one a line",
      hint: "NAME KEY METHOD ADDRESS: the key as it shows itself where it runs; METHOD is simpp, " +
        "certificate or directory. Whoever comes in, you too, shows themselves to one of them.",
      named: (name: string, way: string, address: string) =>
        `Who comes in shows themselves to ${name}, ${address}, ${way}.`,
      ways: {
        simpp: "by their keys",
        certificate: "by a client certificate",
        directory: "by a password",
      },
    },

    /** Blowfish, as LSIM had it in 2003. */
    weak: {
      more: "Encrypt as the paper of 2003 did",
      make: "Blowfish instead of AES (weak)",
      sealed: "Weakly encrypted",
      warning:
        "Blowfish is there to try the published paper's algorithm alone. What is written with " +
        "it may be read one day. Every member has to allow it for this group.",
      inUse: "This group is encrypted with Blowfish, which is weak. Write nothing private here.",
    },

    /** A group that a key server keeps by a file. */
    specified: {
      file: "Specification of the group",
      fileHint: "The file that who keeps the group's keys gives to those it is for.",
      tooLarge: "This file is too large for a specification.",
      text: "Or its text",
      textHint: "Begins with “simppd group specification 1”.",
      lead:
        "Take it only from somebody you trust: who stands in it keeps the keys of the group. An " +
        "owner comes in first, which makes the room.",
    },

    /** What messages are sealed with. */
    suites: {
      title: "Encryption",
      titleAll: "Encryption in groups",
      leadAll: "Holds in every group without a choice of its own.",
      inUse: (suite: string) => `In use now: ${suite}.`,
      ofGroup: (suites: string) => `This group may use: ${suites}.`,
      allowed: "Allowed encryption in groups",
      asAll: "As in all groups",
      ownChoice: "Choose for this group",
      names: {
        "aes-256-gcm": "AES-256-GCM",
        "aes-128-cbc-hmac": "AES-128-CBC with HMAC",
        "lsim-2003": "Blowfish (LSIM, 2003), weak",
      },
      explain: {
        "aes-256-gcm": "Today's best.",
        "aes-128-cbc-hmac": "Good too, for members who have no other.",
        "lsim-2003": "Only to try the published paper's algorithm.",
      },
      both:
        "A group uses the strongest that it and all its members allow. What is allowed counts " +
        "when one comes in; with what is taken away here nothing is sent any more.",
      weakWarning:
        "Blowfish, as LSIM used it in 2003, is weak: what is written with it may be read " +
        "one day. Allow it for tests only, never for anything private.",
      noneChosen: "At least one must stay allowed. To be without the group, leave it.",
      lacking: "This group uses no encryption that is allowed on this device.",
      consent: (suites: string) => `Allow ${suites} in this group`,
      save: "Apply",
      saved: "Applied",
    },

    /** What a registrar wants to see before one comes in. */
    ticket: {
      heading: "Who you are",
      lead:
        "This group takes who has a ticket of a registrar. simppd gets it with what you give here.",
      registrar: "Registrar",
      way: (name: string, method: string) =>
        `${name}: ${method === "directory" ? "by password" : "by client certificate"}`,
      shownTo: (name: string, address: string) =>
        `It is shown to ${name} at ${address}, which who made the group chose, and to nobody else.`,
      password: "Your password there",
      passwordHint: "Used once, and kept nowhere.",
      certificate: "Client certificate (PEM)",
      key: "Its private key (PEM)",
      keyHint: "Kept encrypted on this device, for this group. Not needed again.",
      more: "The registrar's own certificate",
      ca: "Its authority (PEM)",
      caHint: "Only where this system does not know that authority.",
      tooLarge: "This file is too large for a certificate or key.",
    },

    invitation: {
      heading: "Group invitations",
      by: (who: string) => `${who} invites you to an encrypted group`,
      name: (group: string) => `Invitation to the group ${group}`,
      as: {
        listener: "You could read there, and not write.",
        admin: "You would be an admin: you could invite and expel others.",
      },
      accept: "Join",
      later: "Later",
      decline: "Decline",
      put: "Put aside",
      reason: "They say:",
      before: "You can read what is said from then on; nothing of what was said before.",
    },
    /** Who could read it, and who sees what goes by: named before one joins. */
    keeper: (jid: string) => `Keys are kept by ${jid}, who can read the group.`,
    keeperOwn: "Keys are kept by simppd on this device.",
    keeperKey: "Its key",
    silent: "Nothing was heard of it for minutes: who comes or goes does not show.",
    room: (server: string) =>
      `The room is run by ${server}: it sees who writes when, and cannot read it.`,

    roomOwn: (server: string) =>
      `The room is run by you: simppd on this device carries its server, ${server}.`,
    /** In the head of a group. */
    keysBy: (who: string) => `keys: ${who}`,
    roomBy: (who: string) => `room: ${who}`,
    thisDevice: "this device",
    address: "Address:",

    open: (group: string) => `Group ${group}`,
    first: (group: string) => `This is the group ${group}`,
    firstLead: "What was said before you joined cannot be read by you, nor by who joins after you.",
    placeholder: (group: string) => `Message everybody in ${group}`,
    hint: "Encrypted. Enter sends, Shift and Enter begin a new line.",
    readOnly: "In this group you may read and not write.",
    delivery: { pending: "Being sent", sent: "The room has it", failed: "Not sent" },
    askAgain: "Ask again",
    outLead: "What was said here stays until you leave the group.",

    trust: {
      own: "your device",
      verified: "Verified",
      "first-use": "Not verified",
      changed: "Their keys are not those you know",
      unknown: "No contact of yours",
    },
    roles: { owner: "Owner", admin: "Admin", member: "Member", listener: "Reads only" },
    devices: (n: number) => plural(n, "device", "devices"),
    admitted: "May come in",
    answers: {
      none: "No answer yet",
      later: "Put the invitation aside",
      declined: "Declined the invitation",
    },
    withdraw: "Withdraw",
    withdrawName: (who: string) => `Withdraw the invitation of ${who}`,
    listLead: "Keys and roles here are signed by who keeps the group's keys.",
    more: (name: string) => `What to do about ${name}`,
    makeRole: {
      owner: "Make owner",
      admin: "Make admin",
      member: "Make member",
      listener: "Let them only read",
    },
    expel: "Expel",
    expelTitle: (name: string, group: string) => `Expel ${name} from ${group}?`,
    expelLead: "The key changes at once: they cannot read what is said from then on.",
    expelGo: "Expel",

    ownDevices: "Your other devices in this group",
    ownDevicesLead:
      "Each can read what is said. Take out one you no longer have, such as the one before a backup " +
      "was restored.",
    takeOut: "Take out",
    takeOutName: (device: string) => `Take out the device ${device}`,
    takeOutTitle: (device: string, group: string) => `Take your device ${device} out of ${group}?`,
    takeOutLead:
      "The key changes at once: that device cannot read what is said from then on. If you still have " +
      "it, it says so there.",

    refused: "What was not shown",
    causes: {
      "in-clear": "written in clear",
      "before-you-joined": "from before you joined",
      "no-key": "of an older key",
      "key-not-here": "key not yet here",
      "not-a-member": "from who is no member",
      "may-not-send": "from who may not write",
      forged: "forged",
      repeated: "repeated",
      "too-late": "sent too late",
      malformed: "damaged",
      "other-key-server": "from another key server",
      "rolled-back": "rolled back",
      forked: "contradicting the key server",
      "out-of-order": "out of order",
      overflow: "too much at once",
    } as Readonly<Record<string, string>>,

    invite: "Invite",
    inviteTitle: (group: string) => `Invite to ${group}`,
    inviteLead: "They can read what is said from then on; nothing of what was said before.",
    inviteAs: "As",
    invited: (who: string) => `${who} is invited.`,
    inviteNobody: "You have no contacts yet whom you could invite.",

    leave: "Leave the group",
    leaveTitle: (group: string) => `Leave ${group}?`,
    leaveLead:
      "The key changes for the others. What was said there is deleted from this machine's disk.",
    leaveKeeper:
      "This device keeps the group's keys: without it nobody can come or go any more. End the group, " +
      "or stay.",
    forget: "Delete it here",
    forgetTitle: (group: string) => `Delete ${group} here?`,
    forgetLead:
      "The group was ended. What was said there is deleted from this machine's disk, and the group is " +
      "in the list no more.",
    leaveGo: "Leave the group",
    leaveForce: "Leave although the key server does not answer",
    end: "End the group for everybody",
    endLead: "It cannot be undone: everybody is put out and the room is gone.",
    endGo: "End the group",
  },
};

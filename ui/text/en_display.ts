import type { DisplayKind, DisplayPolicyView } from "../api/views.ts";

const kinds: Record<DisplayKind, string> = {
  picture: "Pictures",
  pdf: "PDF",
  text: "Text",
  audio: "Sound",
  video: "Video",
};

const from: Record<DisplayPolicyView["from"], string> = {
  nobody: "Nobody",
  verified: "Contacts whose keys I compared",
  displayers: "Those whom a group lets display",
  all: "Everybody",
};

/** Files that others show here, and what opens them. */
export const display = {
  display: {
    title: "Display",
    open: (shown: number, waiting: number) =>
      shown + waiting === 0
        ? "Display"
        : `Display: ${shown} shown${waiting > 0 ? `, ${waiting} waiting` : ""}`,
    stage: (name: string) => `Display of ${name}`,
    empty: "Nothing is shown",
    emptyLead: "A file that somebody shows you opens here by itself, if you let them.",
    back: "Close the stage; what is shown stays",
    dismiss: "Take it off the stage",
    clear: "Clear it for everybody there",
    fullscreen: "Full screen",
    leaveFullscreen: "Leave full screen",
    kiosk: "Stage alone, for a wall or tablet",
    leaveKiosk: "Leave this view",
    history: "What was shown",
    showHistory: "Show what was shown",
    hideHistory: "Hide what was shown",
    forget: "Forget what was shown",
    none: "Nothing was shown yet.",
    show: "Show",
    see: "See",
    seen: "Seen now",
    by: (who: string, where: string | null) =>
      where === null || where === who ? `by ${who}` : `by ${who} in ${where}`,
    byMe: (where: string | null, isGroup: boolean) =>
      where === null ? "by you" : `by you ${isGroup ? "in" : "to"} ${where}`,
    states: { showing: "Shown", withheld: "Waits for you", past: "Over", never: "Not shown" },
    gone: "Not here any more",
    loading: "Opening …",
    failed: "It could not be opened.",
    unplayable:
      "It is damaged, or of a form that this browser does not play. Save it to open it elsewhere.",
    slow: "It takes too long to be drawn; nothing more is tried. Save it to open it elsewhere.",
    frame: (name: string) => `Content of ${name}`,
    shownTo: (name: string, who: string) => `${who} shows ${name}`,
    openedFor: (who: string) => `opened for ${who}`,
    shownByMe: (name: string) => `You show ${name}`,
    policy: {
      place: "In",
      everywhere: "all chats and groups",
      groups: "Groups",
      contacts: "Contacts",
      ofItsOwn: (name: string) => `${name} (set apart)`,
      usual: "As in all others",
      titleOne: "May they show you files",
      leadOne: "Then their files open by themselves. Else they wait until you open them.",
      whether: {
        nobody: "No",
        verified: "If I compared their keys",
        all: "Yes",
      },
      title: "Who may show you files",
      lead: "Their files open by themselves. Others wait until you open them.",
      from,
      kinds: "Of these kinds",
      kind: kinds,
      size: "Up to",
      sizes: (bytes: number) =>
        bytes >= 1_000_000_000
          ? `${bytes / 1_000_000_000} GB`
          : `${Math.round(bytes / 1000) / 1000} MB`,
      command: (command: string) => `They are handed to ${command}, too.`,
    },
    pdf: {
      back: "Page before",
      next: "Next page",
      page: "Page {page} of {pages}",
      slow:
        "This PDF takes too long to be drawn; nothing more is tried. Save it to open it elsewhere.",
      damaged: "This PDF is damaged, and cannot be drawn.",
      password: "This PDF asks for a password; save it to open it elsewhere.",
    },
  },
};

/** What is said about the dashboard itself. */
export const help = {
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

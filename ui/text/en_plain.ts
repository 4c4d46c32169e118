/** What is said about chat without encryption. */
export const plain = {
  plain: {
    mark: "Not encrypted",
    explain: "Whoever runs a server between you can read this chat.",
    on: "This chat is not encrypted",
    onLead:
      "Whoever runs a server between you can read and change it. As soon as they use simppd, " +
      "everything is encrypted, and this ends by itself.",
    off: (name: string) => `${name} does not use simppd`,
    offLead:
      "They have no keys, so nothing can be sealed for them. You may write without encryption: " +
      "then whoever runs a server between you can read and change it.",
    allow: "Write without encryption",
    again: "Send again without encryption",
    stop: "Stop writing without encryption",
  },
};

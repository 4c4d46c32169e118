import { displayRoutes } from "./display_routes.ts";
import { groupRoutes } from "./group_routes.ts";
import { fileRoutes } from "./file_routes.ts";
import * as requests from "./requests.ts";
import { roomRoutes } from "./room_routes.ts";
import { type Route, route } from "./route.ts";

/**
 * The JSON API over AppApi. The router and the OpenAPI document are both made from this table, so
 * neither can know a route the other does not.
 */
export const routes: readonly Route[] = [
  route("get", "/api/status", "How the daemon stands with its account", {
    answer: "Status",
    handle: ({ app }) => app.status(),
  }),
  route("get", "/api/doctor", "What works here and what does not", {
    answer: "Check[]",
    handle: ({ app }) => app.doctor(),
  }),

  route("post", "/api/unlock", "Give the passphrase of the state directory", {
    body: requests.unlockBody,
    answer: "Status",
    handle: ({ app, body }) => app.unlock(body),
  }),
  route("post", "/api/lock", "End calls and connection, and ask for the passphrase again", {
    answer: "Status",
    handle: ({ app }) => app.lock(),
  }),
  route("put", "/api/passphrase", "Set or change the passphrase; `current` is the one in use", {
    body: requests.passphraseBody,
    answer: "Status",
    handle: ({ app, body }) => app.setPassphrase(body),
  }),
  route("delete", "/api/passphrase", "Keep the key in a file of mode 0600 again", {
    body: requests.currentBody,
    answer: "Status",
    handle: ({ app, body }) => app.removePassphrase(body),
  }),
  route("put", "/api/keyring", "Let the system's keyring keep the key", {
    body: requests.keyringBody,
    answer: "Status",
    handle: ({ app, body }) => app.useKeyring(body),
  }),
  route("delete", "/api/keyring", "Take the key back from the system's keyring", {
    answer: "Status",
    handle: ({ app }) => app.leaveKeyring(),
  }),

  route("post", "/api/setup/carry", "First run: carry a server and make its first account", {
    body: requests.carryBody,
    answer: "Status",
    handle: ({ app, body }) => app.carry(body),
  }),
  route("post", "/api/setup/join", "First run: join by an invitation link", {
    body: requests.joinBody,
    answer: "Status",
    handle: ({ app, body }) => app.join(body),
  }),
  route("post", "/api/setup/sign-in", "First run: sign in to an XMPP account one has", {
    body: requests.signInBody,
    answer: "Status",
    handle: ({ app, body }) => app.signIn(body),
  }),
  route("post", "/api/account/password", "Set a password, for other programs of this account", {
    body: requests.passwordBody,
    answer: "Status",
    handle: ({ app, body }) => app.setPassword(body.password),
  }),
  route("put", "/api/account/picture", "Show contacts a picture (base64), or none", {
    body: requests.pictureBody,
    answer: "Status",
    handle: ({ app, body }) => app.setPicture(body.data),
  }),
  route("get", "/api/pictures/:jid", "The picture of a contact, or one's own", {
    answer: "Picture",
    handle: ({ app, param }) => app.picture(param("jid")),
  }),
  route("get", "/api/archive", "What the account's server keeps of its messages", {
    answer: "Archive",
    handle: ({ app }) => app.archive(),
  }),
  route("put", "/api/archive", "Choose what the account's server keeps of its messages", {
    body: requests.archiveBody,
    answer: "Archive",
    handle: ({ app, body }) => app.setArchive(body),
  }),
  route("post", "/api/server/reach", "Let others reach the carried server, or stop that", {
    body: requests.reachBody,
    answer: "Status",
    handle: ({ app, body }) => app.setReach(body.reach, body.address),
  }),
  route("post", "/api/invitations", "Make a single-use invitation link", {
    body: requests.inviteBody,
    answer: "Invitation",
    handle: ({ app, body }) => app.invite(body.note),
  }),
  route("get", "/api/invitations", "Invitations that can still be used", {
    answer: "OpenInvitation[]",
    handle: ({ app }) => app.invitations(),
  }),
  route("delete", "/api/invitations/:id", "Take an invitation back", {
    handle: ({ app, param }) => app.revokeInvitation(param("id")),
  }),

  route("get", "/api/contacts", "All contacts", {
    answer: "Contact[]",
    handle: ({ app }) => app.contacts(),
  }),
  route("post", "/api/contacts", "Add a contact and ask to see their presence", {
    body: requests.addContactBody,
    answer: "Contact",
    handle: ({ app, body }) => app.addContact(body),
  }),
  route("patch", "/api/contacts/:jid", "Rename, accept or refuse, block or unblock", {
    body: requests.changeContactBody,
    answer: "Contact",
    handle: ({ app, param, body }) => app.changeContact(param("jid"), body),
  }),
  route("delete", "/api/contacts/:jid", "Remove a contact", {
    handle: ({ app, param }) => app.removeContact(param("jid")),
  }),
  route("post", "/api/contacts/:jid/forget", "Remove a contact and all that is known of them", {
    handle: ({ app, param }) => app.forgetContact(param("jid")),
  }),
  route("get", "/api/contacts/:jid/safety", "The safety number to compare", {
    answer: "Safety",
    handle: ({ app, param }) => app.safety(param("jid")),
  }),
  route("post", "/api/contacts/:jid/verify", "Mark a key as verified, by number or scanned code", {
    body: requests.verifyBody,
    answer: "Contact",
    handle: ({ app, param, body }) => app.verify(param("jid"), body),
  }),
  route("post", "/api/contacts/:jid/decide", "After a key change: trust the new key, or refuse", {
    body: requests.decideBody,
    answer: "Contact",
    handle: ({ app, param, body }) => app.decideChange(param("jid"), body.accept),
  }),

  route("get", "/api/contacts/:jid/messages", "A page of messages, newest last", {
    query: requests.messagesQuery,
    answer: "Message[]",
    handle: ({ app, param, query }) => app.messages(param("jid"), query),
  }),
  route("post", "/api/contacts/:jid/messages", "Send a message; its fate comes as events", {
    body: requests.sendMessageBody,
    answer: "Message",
    handle: ({ app, param, body }) => app.sendMessage(param("jid"), body.body),
  }),
  route("delete", "/api/contacts/:jid/messages", "Delete all messages of a chat for good", {
    handle: ({ app, param }) => app.forgetChat(param("jid")),
  }),
  route("patch", "/api/contacts/:jid/messages/:id", "Correct a message of one's own", {
    body: requests.sendMessageBody,
    answer: "Message",
    handle: ({ app, param, body }) => app.correctMessage(param("jid"), param("id"), body.body),
  }),
  route("post", "/api/contacts/:jid/typing", "Tell a contact that one is writing, or stopped", {
    body: requests.typingBody,
    handle: ({ app, param, body }) => app.setTyping(param("jid"), body.typing),
  }),
  route("put", "/api/contacts/:jid/policy", "Suites allowed with a contact; null: as with all", {
    body: requests.contactPolicyBody,
    answer: "Status",
    handle: ({ app, param, body }) => app.setPolicy(param("jid"), body.suites),
  }),
  route("put", "/api/policy", "Suites allowed with everybody", {
    body: requests.policyBody,
    answer: "Status",
    handle: ({ app, body }) => app.setPolicy(null, body.suites),
  }),
  route("put", "/api/blind-trust", "Write to contacts before they are verified, or only after", {
    body: requests.blindTrustBody,
    answer: "Status",
    handle: ({ app, body }) => app.setBlindTrust(body.allowed),
  }),
  route("put", "/api/tell-seen", "Tell contacts, sealed, how far one has read, or not", {
    body: requests.tellSeenBody,
    answer: "Status",
    handle: ({ app, body }) => app.setTellSeen(body.told),
  }),
  route("put", "/api/call-route", "Calls by any way, or through a relay alone", {
    body: requests.callRouteBody,
    answer: "Status",
    handle: ({ app, body }) => app.setCallRoute(body.route),
  }),
  route("post", "/api/devices/:id/approve", "Add a device that asks, its code compared", {
    answer: "Status",
    handle: ({ app, param }) => app.approveDevice(param("id")),
  }),
  route("post", "/api/devices/:id/deny", "Forget a device's request", {
    answer: "Status",
    handle: ({ app, param }) => app.denyDevice(param("id")),
  }),
  route("post", "/api/devices/confirm", "This new device shows the code of the approving one", {
    body: requests.confirmBody,
    answer: "Status",
    handle: ({ app, body }) => app.confirmDevice(body.code),
  }),
  route("post", "/api/devices/refuse", "This new device shows another code", {
    answer: "Status",
    handle: ({ app }) => app.refuseDevice(),
  }),
  route("delete", "/api/devices/:id", "Take a device off one's list", {
    answer: "Status",
    handle: ({ app, param }) => app.removeDevice(param("id")),
  }),
  route("post", "/api/devices/ask", "Ask once more to be added to the account's devices", {
    answer: "Status",
    handle: ({ app }) => app.askAgain(),
  }),
  route("post", "/api/devices/start-anew", "Replace the account's keys by new ones made here", {
    answer: "Status",
    handle: ({ app }) => app.startAnew(),
  }),
  route("post", "/api/contacts/:jid/read", "Everything from this contact has been read", {
    handle: ({ app, param }) => app.markRead(param("jid")),
  }),

  ...roomRoutes,
  ...displayRoutes,
  ...fileRoutes,

  ...groupRoutes,

  route("get", "/api/cameras", "Cameras that can be named in call options", {
    answer: "Camera[]",
    handle: ({ app }) => app.cameras(),
  }),
  route("get", "/api/calls", "Calls since the daemon started", {
    answer: "Call[]",
    handle: ({ app }) => app.calls(),
  }),
  route("post", "/api/calls", "Call a contact", {
    body: requests.startCallBody,
    answer: "Call",
    handle: ({ app, body: { contact, ...options } }) => app.startCall(contact, options),
  }),
  route("get", "/api/calls/:id", "One call", {
    answer: "Call",
    handle: ({ app, param }) => app.call(param("id")),
  }),
  route("patch", "/api/calls/:id", "Change camera (also `off`), size or rate during the call", {
    body: requests.cameraOptionsBody,
    answer: "Call",
    handle: ({ app, param, body }) => app.changeCall(param("id"), body),
  }),
  route("post", "/api/calls/:id/accept", "Accept a ringing call", {
    body: requests.cameraOptionsBody,
    answer: "Call",
    handle: ({ app, param, body }) => app.acceptCall(param("id"), body),
  }),
  route("post", "/api/calls/:id/decline", "Decline a ringing call", {
    answer: "Call",
    handle: ({ app, param }) => app.declineCall(param("id")),
  }),
  route("post", "/api/calls/:id/later", "Stop ringing without answering", {
    answer: "Call",
    handle: ({ app, param }) => app.laterCall(param("id")),
  }),
  route("post", "/api/calls/:id/hangup", "End a call", {
    answer: "Call",
    handle: ({ app, param }) => app.hangUp(param("id")),
  }),
];

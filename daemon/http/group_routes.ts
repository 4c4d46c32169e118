import * as requests from "./group_requests.ts";
import { type Route, route } from "./route.ts";

/** What can be asked about encrypted groups; what was said there stands with their rooms. */
export const groupRoutes: readonly Route[] = [
  route("get", "/api/groups", "Encrypted groups one is in, was put out of, or is invited to", {
    answer: "Group[]",
    handle: ({ app }) => app.groups(),
  }),
  route("post", "/api/groups", "Make an encrypted group, with its room; keys are kept here", {
    body: requests.createGroupBody,
    answer: "Group",
    handle: ({ app, body }) => app.createGroup(body),
  }),
  route("post", "/api/specified-group", "Come into a group by its specification", {
    body: requests.specifiedGroupBody,
    answer: "Group",
    handle: ({ app, body }) => app.joinSpecifiedGroup(body.specification, body.ticket),
  }),
  route("get", "/api/group-suites", "Data suites allowed in groups without a choice of their own", {
    answer: "GroupSuites",
    handle: ({ app }) => app.groupSuites(),
  }),
  route("put", "/api/group-suites", "Allow data suites in groups without a choice of their own", {
    body: requests.groupSuitesBody,
    answer: "GroupSuites",
    handle: ({ app, body }) => app.setGroupSuites(null, body.suites),
  }),
  route("put", "/api/groups/:jid/suites", "Allow data suites in one group; null: as everywhere", {
    body: requests.suitesOfGroupBody,
    answer: "GroupSuites",
    handle: ({ app, param, body }) => app.setGroupSuites(param("jid"), body.suites),
  }),
  route("post", "/api/groups/:jid/invitation", "Accept an invitation, put it aside, or decline", {
    body: requests.answerGroupBody,
    answer: "Group",
    handle: ({ app, param, body }) => app.answerGroup(param("jid"), body.answer, body.ticket),
  }),
  route("post", "/api/groups/:jid/join", "Enter once more and ask the key server for the key", {
    body: requests.joinGroupBody,
    answer: "Group",
    handle: ({ app, param, body }) => app.joinGroup(param("jid"), body.ticket),
  }),
  route("post", "/api/groups/:jid/leave", "Leave, and delete what was said from the disk", {
    body: requests.leaveGroupBody,
    handle: ({ app, param, body }) => app.leaveGroup(param("jid"), body.force),
  }),
  route("post", "/api/groups/:jid/messages", "Say something, sealed; its fate comes as events", {
    body: requests.sendToGroupBody,
    answer: "RoomMessage",
    handle: ({ app, param, body }) => app.sendToGroup(param("jid"), body.body),
  }),
  route("patch", "/api/groups/:jid/messages/:id", "Correct a message of one's own, sealed", {
    body: requests.sendToGroupBody,
    answer: "RoomMessage",
    handle: ({ app, param, body }) => app.correctInGroup(param("jid"), param("id"), body.body),
  }),
  route("post", "/api/groups/:jid/typing", "Tell the members, sealed, that one writes or stopped", {
    body: requests.groupTypingBody,
    handle: ({ app, param, body }) => app.setGroupTyping(param("jid"), body.typing),
  }),
  route("post", "/api/groups/:jid/invite", "Let a contact in, and invite them under seal", {
    body: requests.inviteToGroupBody,
    handle: ({ app, param, body: { contact, ...how } }) =>
      app.inviteToGroup(param("jid"), contact, how),
  }),
  route("post", "/api/groups/:jid/expel", "Take a person, or one device, out of a group", {
    body: requests.expelFromGroupBody,
    handle: ({ app, param, body }) => app.expelFromGroup(param("jid"), body.member),
  }),
  route("post", "/api/groups/:jid/withdraw", "Take back an invitation that was not accepted", {
    body: requests.withdrawFromGroupBody,
    handle: ({ app, param, body }) => app.withdrawFromGroup(param("jid"), body.contact),
  }),
  route("put", "/api/groups/:jid/role", "Give a person another role in a group", {
    body: requests.groupRoleBody,
    handle: ({ app, param, body }) => app.setGroupRole(param("jid"), body.member, body.role),
  }),
  route("post", "/api/groups/:jid/end", "End a group of one's own for everybody", {
    handle: ({ app, param }) => app.endGroup(param("jid")),
  }),
  route("get", "/api/groups/:jid/specification", "The specification every member has", {
    answer: "Specification",
    handle: ({ app, param }) => app.groupSpecification(param("jid")),
  }),
];

import { type Route, route } from "./route.ts";
import * as requests from "./room_requests.ts";
import { messagesQuery } from "./requests.ts";

/** What can be asked about rooms. */
export const roomRoutes: readonly Route[] = [
  route("get", "/api/rooms", "Rooms one is in, was put out of, or is invited to", {
    answer: "Room[]",
    handle: ({ app }) => app.rooms(),
  }),
  route("post", "/api/rooms", "Make a room; it is not encrypted, which `plain` confirms", {
    body: requests.createRoomBody,
    answer: "Room",
    handle: ({ app, body }) => app.createRoom(body),
  }),
  route("post", "/api/rooms/join", "Enter a room; it is not encrypted, which `plain` confirms", {
    body: requests.joinRoomBody,
    answer: "Room",
    handle: ({ app, body }) => app.joinRoom(body),
  }),
  route("patch", "/api/rooms/:jid", "Change the room's subject, or one's nick there", {
    body: requests.changeRoomBody,
    answer: "Room",
    handle: ({ app, param, body }) => app.changeRoom(param("jid"), body),
  }),
  route("delete", "/api/rooms/:jid", "Leave a room and delete what was said there from the disk", {
    handle: ({ app, param }) => app.leaveRoom(param("jid")),
  }),
  route("post", "/api/rooms/:jid/invitation", "Accept an invitation, put it aside, or decline it", {
    body: requests.answerRoomBody,
    answer: "Room",
    handle: ({ app, param, body }) => app.answerRoom(param("jid"), body),
  }),
  route("post", "/api/rooms/:jid/destroy", "End a room of one's own for everybody", {
    body: requests.reasonBody,
    handle: ({ app, param, body }) => app.destroyRoom(param("jid"), body.reason),
  }),
  route("get", "/api/rooms/:jid/members", "Who is in a room, and who belongs to it", {
    answer: "RoomMember[]",
    handle: ({ app, param }) => app.roomMembers(param("jid")),
  }),
  route("patch", "/api/rooms/:jid/members", "Give or take a role of a nick, or an affiliation", {
    body: requests.changeRoomMemberBody,
    handle: ({ app, param, body }) => app.changeRoomMember(param("jid"), body),
  }),
  route("post", "/api/rooms/:jid/invite", "Invite somebody to a room", {
    body: requests.inviteToRoomBody,
    handle: ({ app, param, body }) => app.inviteToRoom(param("jid"), body.contact, body.reason),
  }),
  route("get", "/api/rooms/:jid/messages", "A page of a room's messages, newest last", {
    query: messagesQuery,
    answer: "RoomMessage[]",
    handle: ({ app, param, query }) => app.roomMessages(param("jid"), query),
  }),
  route("post", "/api/rooms/:jid/messages", "Say something in a room; its fate comes as events", {
    body: requests.sendToRoomBody,
    answer: "RoomMessage",
    handle: ({ app, param, body }) => app.sendToRoom(param("jid"), body.body),
  }),
  route("patch", "/api/rooms/:jid/messages/:id", "Correct a message of one's own in a room", {
    body: requests.sendToRoomBody,
    answer: "RoomMessage",
    handle: ({ app, param, body }) => app.correctInRoom(param("jid"), param("id"), body.body),
  }),
  route("post", "/api/rooms/:jid/typing", "Tell a room that one is writing, or stopped", {
    body: requests.roomTypingBody,
    handle: ({ app, param, body }) => app.setRoomTyping(param("jid"), body.typing),
  }),
  route("post", "/api/rooms/:jid/read", "Everything in this room has been read", {
    handle: ({ app, param }) => app.markRoomRead(param("jid")),
  }),
];

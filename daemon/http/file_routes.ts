import * as requests from "./file_requests.ts";
import { type Route, route } from "./route.ts";

/** What can be asked about files; their bytes are `file_door_routes.ts`'s. */
export const fileRoutes: readonly Route[] = [
  route("get", "/api/files", "Files that came and went, newest first; `before`: a file's id", {
    query: requests.filesQuery,
    answer: "File[]",
    handle: ({ app, query }) => app.files(query),
  }),
  route("get", "/api/files/:id", "One file", {
    answer: "File",
    handle: ({ app, param }) => app.file(param("id")),
  }),
  route("post", "/api/files/:id/state", "Accept, decline, pause, resume or cancel it", {
    body: requests.changeFileBody,
    answer: "File",
    handle: ({ app, param, body }) => app.changeFile(param("id"), body.command),
  }),
  route("post", "/api/files/:id/show", "Show a file that is here on this machine's stage", {
    answer: "Display",
    handle: ({ app, param }) => app.showFile(param("id")),
  }),
  route("delete", "/api/files/:id", "Forget a file: its bytes, its key and its line", {
    handle: ({ app, param }) => app.forgetFile(param("id")),
  }),
  route(
    "get",
    "/api/file-ways",
    "By which ways files can go to a contact or group, and how large",
    {
      query: requests.fileWaysQuery,
      answer: "FileWay[]",
      handle: ({ app, query }) => app.fileWays(query.to),
    },
  ),
  route("get", "/api/file-limits", "Up to which size files come without being asked for", {
    answer: "FileLimits",
    handle: ({ app }) => app.fileLimits(),
  }),
  route("put", "/api/file-limits", "Set that, in bytes, for all or a place; null there: as all", {
    body: requests.fileLimitBody,
    answer: "FileLimits",
    handle: ({ app, body }) => app.setFileLimit(body.place, body.limit),
  }),
  route("put", "/api/file-room", "How many bytes one file may have, and all together", {
    body: requests.fileRoomBody,
    answer: "FileLimits",
    handle: ({ app, body }) => app.setFileRoom(body),
  }),
];

import * as requests from "./display_requests.ts";
import { type Route, route } from "./route.ts";

/** What can be asked about files that are shown; their bytes are `display_door_routes.ts`'s. */
export const displayRoutes: readonly Route[] = [
  route("get", "/api/displays", "What is shown, was shown and waits, and who may show", {
    answer: "Displays",
    handle: ({ app }) => app.displays(),
  }),
  route("delete", "/api/displays", "Forget what was shown; what is on the stage stays", {
    answer: "Displays",
    handle: ({ app }) => app.forgetDisplays(),
  }),
  route("post", "/api/displays/close", "Take a file off the stage here; `id` null: all", {
    body: requests.dismissBody,
    answer: "Displays",
    handle: ({ app, body }) => app.dismissDisplay(body.id),
  }),
  route("post", "/api/displays/clear", "Clear what one shows in a group or chat, for all there", {
    body: requests.clearBody,
    answer: "Displays",
    handle: ({ app, body }) => app.clearPresented(body.place),
  }),
  route("put", "/api/displays/policy", "From whom files open by themselves; null: as all", {
    body: requests.displayPolicyBody,
    answer: "Displays",
    handle: ({ app, body }) => app.setDisplayPolicy(body.place, body.policy),
  }),
  route("post", "/api/displays/:id/show", "Show a file that waits, or one once more", {
    answer: "Displays",
    handle: ({ app, param }) => app.showDisplay(param("id")),
  }),
];

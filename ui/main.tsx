/** The dashboard: one person's chats and calls, drawn from the local API. */
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { followKeys } from "./shell/keys.ts";
import { followAlerts } from "./store/alerts.ts";
import { followAttention } from "./store/attention.ts";
import { followDeviceRequests } from "./store/device_requests.ts";
import { launch } from "./store/launch.ts";
import { followDaemon } from "./store/live.ts";
import { followPreferences } from "./store/preferences.ts";
import { followRoute } from "./store/route.ts";

followPreferences();
const known = launch(); // before the route is read: the fragment may hold a launch token
followRoute();
followAttention();
render(<App />, document.getElementById("app")!);
followAlerts();
followDeviceRequests();
followKeys();
if (await known) followDaemon();

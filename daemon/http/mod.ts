/**
 * The local door: JSON API, events, live views and the dashboard's files, on loopback only.
 * @module
 */
export type { Dashboard } from "./dashboard.ts";
export { doorProof, LAUNCH_LIFE } from "./credentials.ts";
export { type HttpDoor, type HttpOptions, startHttp } from "./door.ts";

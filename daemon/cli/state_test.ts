import assert from "node:assert/strict";
import { isAbsolute } from "node:path";
import { stateDirectory, type Surroundings } from "./state.ts";

const at = (os: Surroundings["os"], variables: Record<string, string>): Surroundings => ({
  os,
  environment: (name) => variables[name],
});

Deno.test("stateDirectory() follows each system's custom", () => {
  const HOME = "/home/al";
  const linux = (more = {}) => stateDirectory(undefined, at("linux", { HOME, ...more }));
  assert.equal(linux(), "/home/al/.local/state/simppd");
  assert.equal(linux({ XDG_STATE_HOME: "/x" }), "/x/simppd");
  assert.equal(linux({ XDG_STATE_HOME: "relative" }), "/home/al/.local/state/simppd");
  assert.equal(
    stateDirectory(undefined, at("darwin", { HOME })),
    "/home/al/Library/Application Support/simppd",
  );
  assert.match(stateDirectory(undefined, at("windows", { LOCALAPPDATA: "C:\\L" })), /simppd$/);
});

Deno.test("stateDirectory() takes what is named and refuses to guess", () => {
  assert.equal(stateDirectory("/s", at("linux", {})), "/s");
  assert.ok(isAbsolute(stateDirectory("s", at("linux", {}))));
  assert.throws(() => stateDirectory(undefined, at("linux", {})), { code: "no-home" });
});

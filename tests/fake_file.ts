import type { FileLimitsView, FileView } from "../daemon/views/mod.ts";

/** A file that Bob sent and that is here, for {@link FakeApp}. */
export const FAKE_FILE: FileView = {
  id: "f".repeat(32),
  place: "bob@fake.example",
  from: "bob@fake.example",
  mine: false,
  name: "Zürich (1).txt",
  type: "text/plain",
  declared: "text/plain",
  pretends: false,
  size: 14,
  width: null,
  height: null,
  thumbnail: null,
  at: 1,
  state: "done",
  progress: null,
  problem: null,
  here: true,
  locked: false,
  display: false,
  suite: "chacha20-poly1305",
  ways: ["upload"],
  audience: null,
  forOthers: false,
};
/** What comes by itself, and what there is room for. */
export const FAKE_LIMITS: FileLimitsView = {
  limit: 10_000_000,
  places: {},
  fileBytes: 4_294_967_296,
  quota: 10_000_000_000,
};

import { findFfmpeg, listCameras } from "../capture/mod.ts";
import { printable } from "./printable.ts";
import { expectWords, type Verb } from "./verb.ts";

export const devices: Verb = {
  name: "devices",
  summary: "List the cameras --camera can name",
  usage: ["devices"],
  options: {},
  // Asked here, not of the daemon: cameras can be listed before it ever ran.
  async run({ words }) {
    expectWords(words);
    const ffmpeg = await findFfmpeg();
    const cameras = await listCameras("missing" in ffmpeg ? null : ffmpeg.path);
    return {
      value: cameras,
      text: cameras.map(({ spec, name }) => `${printable(spec)}  ${printable(name)}`).join("\n"),
    };
  },
};

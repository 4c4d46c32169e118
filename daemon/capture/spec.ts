import { SimppdError } from "../base/mod.ts";

/** Width, height in pixels and frames per second. */
export interface VideoMode {
  width: number;
  height: number;
  fps: number;
}

/** Pixel formats a raw pipe may have, by ffmpeg's names. */
export const PIXEL_FORMATS = [
  "rgb24",
  "bgr24",
  "rgba",
  "bgra",
  "gray",
  "yuv420p",
  "yuyv422",
  "nv12",
] as const;
/** One of {@link PIXEL_FORMATS}. */
export type PixelFormat = typeof PIXEL_FORMATS[number];

/** A camera, as a person names it in a line of text. */
export type CameraSpec =
  | { kind: "off" }
  | { kind: "test"; mode?: VideoMode }
  | { kind: "clip"; path: string }
  | { kind: "pipe"; path: string; raw?: VideoMode & { pixels: PixelFormat } }
  | { kind: "device"; device: string };

const MODE = /^(\d{2,4})x(\d{2,4})@(\d{1,2})$/;
const RAW_PIPE = /^(.+)\?raw=([^&?]+)(?:&pix=([^&?]+))?$/;
// deno-lint-ignore no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
const LONGEST = 4096;

function bad(expected: string, came: string): SimppdError {
  return new SimppdError("bad-camera", `${expected}; "${came.slice(0, 80)}" is not that.`);
}

/**
 * Checks a picture size and rate: 160x120 to 1920x1080, 1 to 60 frames per second.
 * @throws SimppdError `bad-input`
 */
export function checkVideoMode({ width, height, fps }: VideoMode): void {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!within(width, 160, 1920) || !within(height, 120, 1080)) {
    throw new SimppdError(
      "bad-input",
      `A picture is 160x120 to 1920x1080 pixels, not ${width}x${height}.`,
    );
  }
  if (!within(fps, 1, 60)) {
    throw new SimppdError("bad-input", `A camera gives 1 to 60 frames per second, not ${fps}.`);
  }
}

function parseMode(text: string, whole: string): VideoMode {
  const match = MODE.exec(text);
  if (match === null) throw bad("Size and rate are written WIDTHxHEIGHT@FPS", whole);
  const mode = { width: Number(match[1]), height: Number(match[2]), fps: Number(match[3]) };
  checkVideoMode(mode);
  return mode;
}

function parsePath(path: string, whole: string): string {
  if (path === "") throw bad("A path is expected after the colon", whole);
  return path;
}

function parsePipe(rest: string, whole: string): CameraSpec {
  const match = RAW_PIPE.exec(rest);
  if (match === null) return { kind: "pipe", path: parsePath(rest, whole) };
  const [, path = "", mode = "", wanted = "rgb24"] = match;
  const pixels = PIXEL_FORMATS.find((format) => format === wanted);
  if (pixels === undefined) throw bad(`pix is one of ${PIXEL_FORMATS.join(", ")}`, whole);
  return { kind: "pipe", path, raw: { ...parseMode(mode, whole), pixels } };
}

function parseDevice(name: string, whole: string): CameraSpec {
  if (name === "" || name.split("/").includes("..")) {
    throw bad("A camera's name as listed is expected after device:", whole);
  }
  return { kind: "device", device: name };
}

/**
 * Reads a camera spec: `off`, `test[:WxH@FPS]`, `clip:PATH` (a video file, looped), `pipe:PATH` (a
 * FIFO with multipart JPEG), `pipe:PATH?raw=WxH@FPS&pix=rgb24` (a FIFO with raw pictures) or
 * `device:NAME`.
 * @throws SimppdError `bad-camera` saying what was expected, `bad-input` for a size or rate that
 *   is out of range
 */
export function parseCameraSpec(text: string): CameraSpec {
  if (text.length > LONGEST || CONTROL.test(text)) {
    throw bad("A camera is one line of at most 4096 characters", "");
  }
  if (text === "off") return { kind: "off" };
  if (text === "test") return { kind: "test" };
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  switch (colon < 0 ? "" : text.slice(0, colon)) {
    case "test":
      return { kind: "test", mode: parseMode(rest, text) };
    case "clip":
      return { kind: "clip", path: parsePath(rest, text) };
    case "pipe":
      return parsePipe(rest, text);
    case "device":
      return parseDevice(rest, text);
    default:
      throw bad("A camera is off, test, test:WxH@FPS, clip:PATH, pipe:PATH or device:NAME", text);
  }
}

/** What a camera is called before people: a file's or device's own name, never its folder. */
export function cameraName(spec: CameraSpec): string {
  const last = (path: string) => path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
  switch (spec.kind) {
    case "off":
      return "off";
    case "test":
      return "test picture";
    case "device":
      return last(spec.device);
    default:
      return last(spec.path);
  }
}

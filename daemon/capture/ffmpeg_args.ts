import type { CameraSpec, VideoMode } from "./spec.ts";

/** Operating systems with camera devices of their own kind. */
export type Platform = typeof Deno.build.os;

/**
 * How a device is asked: `native` for just what is wanted, on Linux its own JPEG undecoded;
 * `compatible` for whatever it has, which is then scaled and encoded.
 */
export type DeviceAttempt = "native" | "compatible";

/**
 * Containers a clip may have. Left out are those that refer to other files or hosts: playlists,
 * concat lists, image patterns.
 */
const CLIP_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,gif," +
  "h264,hevc,ivf,mjpeg,mpjpeg,yuv4mpegpipe";

const COMMON = ["-hide_banner", "-nostdin", "-loglevel", "error"];
const FILES_ONLY = ["-protocol_whitelist", "file,pipe"];
const OUT = ["-an", "-sn", "-dn", "-flush_packets", "1", "-f", "mpjpeg", "pipe:1"];
// Frame threads in the encoder would each hold a frame back: one thread has the least latency.
const ENCODE = ["-threads", "1", "-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p", ...OUT];
const COPY = ["-c:v", "copy"];

function size({ width, height }: VideoMode): string {
  return `${width}x${height}`;
}

function device(
  name: string,
  mode: VideoMode,
  attempt: DeviceAttempt,
  os: Platform,
): string[] {
  const native = attempt === "native";
  const wanted = ["-video_size", size(mode), "-framerate", String(mode.fps)];
  const encode = ["-vf", `scale=${mode.width}:${mode.height}`, ...ENCODE];
  switch (os) {
    case "darwin": {
      // AVFoundation's own default of 29.97 is refused by most cameras; 30 is what they have.
      const rate = native ? wanted : ["-framerate", "30"];
      return ["-f", "avfoundation", ...rate, "-i", `${name}:none`, ...encode];
    }
    case "windows":
      return ["-f", "dshow", ...(native ? wanted : []), "-i", `video=${name}`, ...encode];
  }
  const input = ["-i", name.startsWith("/") ? name : `/dev/${name}`];
  // A camera's own JPEG may lack its Huffman tables: mjpeg2jpeg puts them in.
  return native
    ? ["-f", "v4l2", "-input_format", "mjpeg", ...wanted, ...input, ...COPY]
      .concat("-bsf:v", "mjpeg2jpeg", OUT)
    : ["-f", "v4l2", ...wanted, ...input, ...encode];
}

/**
 * ffmpeg's arguments for a camera. Paths stand behind `file:`, so that none reads as an option, a
 * protocol or a list.
 */
export function ffmpegArgs(
  spec: Exclude<CameraSpec, { kind: "off" }>,
  wanted: VideoMode,
  attempt: DeviceAttempt,
  os: Platform = Deno.build.os,
): string[] {
  switch (spec.kind) {
    case "test": {
      const mode = spec.mode ?? wanted;
      const picture = `testsrc2=size=${size(mode)}:rate=${mode.fps}`;
      return [...COMMON, "-re", "-f", "lavfi", "-i", picture, ...ENCODE];
    }
    case "clip": {
      const { width, height, fps } = wanted;
      const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease,` +
        `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1`;
      return [...COMMON, ...FILES_ONLY, "-format_whitelist", CLIP_FORMATS, "-re"]
        .concat("-stream_loop", "-1", "-i", `file:${spec.path}`, "-map", "0:V:0")
        .concat("-vf", fit, "-r", String(fps), ENCODE);
    }
    case "pipe": {
      const input = ["-i", `file:${spec.path}`];
      // Probing would hold frames back until there are enough of them to guess a rate from.
      const unprobed = ["-fpsprobesize", "0", "-probesize", "32", "-analyzeduration", "0"];
      if (spec.raw === undefined) {
        return [...COMMON, ...FILES_ONLY, ...unprobed, "-f", "mpjpeg", ...input, ...COPY, ...OUT];
      }
      const same = spec.raw.width === wanted.width && spec.raw.height === wanted.height;
      return [...COMMON, ...FILES_ONLY, "-f", "rawvideo", "-pixel_format", spec.raw.pixels]
        .concat("-video_size", size(spec.raw), "-framerate", String(spec.raw.fps), input)
        .concat(same ? [] : ["-vf", `scale=${wanted.width}:${wanted.height}`], ENCODE);
    }
    case "device":
      return [...COMMON, ...device(spec.device, wanted, attempt, os)];
  }
}

/**
 * Cameras: ffmpeg as a supervised subprocess, and what stands in for it. A camera gives JPEG frames,
 * newest first; when it fails it says why, shows a "no signal" picture and tries again.
 * @module
 */
export * from "./camera.ts";
export * from "./find_ffmpeg.ts";
export * from "./frame.ts";
export * from "./jpeg.ts";
export * from "./list_cameras.ts";
export * from "./mpjpeg.ts";
export * from "./spec.ts";

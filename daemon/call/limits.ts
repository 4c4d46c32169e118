/** Waiting times of a call in milliseconds: every state ends by itself. */
export interface Timeouts {
  /** A proposal older than this at reception is a missed call. */
  stale: number;
  /** Ringing, on both sides. */
  ring: number;
  /** From our acceptance to the caller's reply; and for getting our own part ready. */
  reply: number;
  /** From the keys to the peer's right tag on the path. */
  path: number;
  /** The peer may be silent on the path this long. */
  silence: number;
  /** A media key is used this long. */
  rotate: number;
  /** An old media key still opens frames this long after its successor was first used. */
  overlap: number;
  /** Closing waits this long for the last signals to leave. */
  goodbye: number;
}

export const TIMEOUTS: Timeouts = {
  stale: 60_000,
  ring: 45_000,
  reply: 10_000,
  path: 10_000,
  silence: 5_000,
  rotate: 120_000,
  overlap: 2_000,
  goodbye: 3_000,
};

/** Invitations that may ring at once; more are answered busy. */
export const MOST_RINGING = 4;
/** Ended calls remembered, for the list and to know late and repeated signals by. */
export const MOST_ENDED = 32;
/** Proposals (and missed-call notices) of one contact that are looked at in a minute. */
export const PROPOSALS_A_MINUTE = 10;
/** Security events kept with a call and told to the person; more are only counted as strays. */
export const MOST_SECURITY_EVENTS = 20;
/** A media key seals at most this many frames. */
export const FRAMES_A_KEY = 2 ** 20;
/** Generations of a media key a receiver looks ahead. */
export const KEY_LOOK_AHEAD = 4;

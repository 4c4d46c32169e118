/** What files may take here. All in bytes unless said otherwise. */
export interface FileLimits {
  /** All sealed files in the state directory together. */
  readonly quota: number;
  /** One file. */
  readonly fileBytes: number;
  /** Left free on the disk. */
  readonly diskReserve: number;
  /** Transfers of one contact or room that are remembered; the oldest finished ones go first. */
  readonly remembered: number;
  /** Offers of one contact or room that wait for an answer. */
  readonly offers: number;
  /** Transfers that move at the same time; the others wait. */
  readonly moving: number;
  /** Files from contacts up to this size come without being asked for; from strangers none do. */
  readonly autoFetch: number;
}

export const FILE_LIMITS: FileLimits = {
  quota: 10e9,
  fileBytes: 4 * 1024 ** 3,
  diskReserve: 256 * 1024 ** 2,
  remembered: 20_000,
  offers: 20_000,
  moving: 4,
  autoFetch: 10e6,
};

/** What files may take here. All in bytes unless said otherwise. */
export interface FileLimits {
  /** All sealed files in the state directory together. */
  readonly quota: number;
  /** One file. */
  readonly fileBytes: number;
  /** Of the quota, what comes by itself may take: from one sender over one contact or room. */
  readonly shareOfSender: number;
  /** Likewise, from all together. The rest is for what the person sends and asks for. */
  readonly shareOfAll: number;
  /** Left free on the disk. */
  readonly diskReserve: number;
  /**
   * Transfers of one sender over one contact or room that are remembered; past that their oldest of
   * which nothing is here go.
   */
  readonly remembered: number;
  /** Offers of one sender over one contact or room that wait for an answer. */
  readonly offers: number;
  /** Transfers that move each way at the same time; the others wait. */
  readonly moving: number;
  /** What comes by itself slower than so many bytes a second, over a minute, is left. */
  readonly slowest: number;
  /** Files from contacts up to this size come without being asked for; from strangers none do. */
  readonly autoFetch: number;
}

export const FILE_LIMITS: FileLimits = {
  quota: 10e9,
  shareOfSender: 0.1,
  shareOfAll: 0.5,
  fileBytes: 4 * 1024 ** 3,
  diskReserve: 256 * 1024 ** 2,
  remembered: 20_000,
  offers: 500,
  moving: 4,
  slowest: 512,
  autoFetch: 10e6,
};

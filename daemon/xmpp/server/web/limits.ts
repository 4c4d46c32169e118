/** Bounds of what the server does over HTTPS. Bytes, milliseconds and counts. */
export interface WebLimits {
  /** Open HTTPS connections in all, and of one address. */
  httpsConnections: number;
  httpsConnectionsPerAddress: number;
  /** From the TCP accept to the end of the TLS handshake. */
  httpsHandshakeMs: number;
  /** How long the headers of a request may take, and how large they may be. */
  httpsHeadersMs: number;
  httpsHeaderBytes: number;
  /** How long a connection may be idle between two requests. */
  httpsIdleMs: number;
  /** A request or answer that moves nothing for so long is ended. */
  httpsStallMs: number;
  /** The slowest on average that a file may come or go, in bytes a second. */
  httpsSlowestRate: number;
  /** The largest file (XEP-0363). */
  uploadFileBytes: number;
  /** Files of one account together, open slots among them. */
  uploadBytes: number;
  uploadFiles: number;
  /** Files of all accounts together. */
  uploadBytesInAll: number;
  /** Slots of one account that wait for their file, and for how long. */
  uploadSlots: number;
  uploadSlotMs: number;
  /** How long a file is kept. */
  uploadAgeMs: number;
  /** What stays free on the disk. */
  uploadDiskReserve: number;
}

/** What suits a household or a team on one machine. */
export const DEFAULT_WEB_LIMITS: WebLimits = {
  httpsConnections: 500,
  httpsConnectionsPerAddress: 100,
  httpsHandshakeMs: 10_000,
  httpsHeadersMs: 10_000,
  httpsHeaderBytes: 8_192,
  httpsIdleMs: 15_000,
  httpsStallMs: 30_000,
  httpsSlowestRate: 8_192,
  uploadFileBytes: 100 << 20,
  uploadBytes: 1 << 30,
  uploadFiles: 20_000,
  uploadBytesInAll: 10 * (1 << 30),
  uploadSlots: 20,
  uploadSlotMs: 300_000,
  uploadAgeMs: 30 * 86_400_000,
  uploadDiskReserve: 256 << 20,
};

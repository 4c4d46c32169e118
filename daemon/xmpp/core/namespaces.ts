/** XML namespaces, by the short names of their RFC or XEP. */
export const NS = {
  client: "jabber:client",
  server: "jabber:server",
  /** RFC 7395 */
  framing: "urn:ietf:params:xml:ns:xmpp-framing",
  stream: "http://etherx.jabber.org/streams",
  streams: "urn:ietf:params:xml:ns:xmpp-streams",
  stanzas: "urn:ietf:params:xml:ns:xmpp-stanzas",
  tls: "urn:ietf:params:xml:ns:xmpp-tls",
  sasl: "urn:ietf:params:xml:ns:xmpp-sasl",
  /** XEP-0440: which channel bindings the server can check. */
  saslChannelBinding: "urn:xmpp:sasl-cb:0",
  /** XEP-0388 */
  sasl2: "urn:xmpp:sasl:2",
  /** XEP-0484 */
  fast: "urn:xmpp:fast:0",
  /** XEP-0386 */
  bind2: "urn:xmpp:bind:0",
  bind: "urn:ietf:params:xml:ns:xmpp-bind",
  session: "urn:ietf:params:xml:ns:xmpp-session",
  roster: "jabber:iq:roster",
  rosterVersioning: "urn:xmpp:features:rosterver",
  preApproval: "urn:xmpp:features:pre-approval",
  /** XEP-0004 */
  dataForms: "jabber:x:data",
  /** XEP-0030 */
  discoInfo: "http://jabber.org/protocol/disco#info",
  discoItems: "http://jabber.org/protocol/disco#items",
  /** XEP-0045 */
  muc: "http://jabber.org/protocol/muc",
  mucUser: "http://jabber.org/protocol/muc#user",
  mucAdmin: "http://jabber.org/protocol/muc#admin",
  mucOwner: "http://jabber.org/protocol/muc#owner",
  mucRoomConfig: "http://jabber.org/protocol/muc#roomconfig",
  mucRoomInfo: "http://jabber.org/protocol/muc#roominfo",
  mucRequest: "http://jabber.org/protocol/muc#request",
  mucStableId: "http://jabber.org/protocol/muc#stable_id",
  /** XEP-0410 section 3.1 */
  mucSelfPing: "http://jabber.org/protocol/muc#self-ping-optimization",
  /** XEP-0047 */
  ibb: "http://jabber.org/protocol/ibb",
  /** XEP-0048 */
  oldBookmarks: "storage:bookmarks",
  /** XEP-0049 */
  privateXml: "jabber:iq:private",
  /** XEP-0054 */
  vcard: "vcard-temp",
  /** XEP-0059 */
  resultSet: "http://jabber.org/protocol/rsm",
  /** XEP-0060 */
  pubsub: "http://jabber.org/protocol/pubsub",
  pubsubEvent: "http://jabber.org/protocol/pubsub#event",
  pubsubOwner: "http://jabber.org/protocol/pubsub#owner",
  pubsubErrors: "http://jabber.org/protocol/pubsub#errors",
  pubsubPublishOptions: "http://jabber.org/protocol/pubsub#publish-options",
  pubsubSubscribeAuthorization: "http://jabber.org/protocol/pubsub#subscribe_authorization",
  pubsubNodeConfig: "http://jabber.org/protocol/pubsub#node_config",
  /** XEP-0066 */
  outOfBand: "jabber:x:oob",
  /** XEP-0077 */
  register: "jabber:iq:register",
  registerFeature: "http://jabber.org/features/iq-register",
  /** XEP-0084 */
  avatarData: "urn:xmpp:avatar:data",
  avatarMetadata: "urn:xmpp:avatar:metadata",
  /** XEP-0085 */
  chatStates: "http://jabber.org/protocol/chatstates",
  /** XEP-0092 */
  version: "jabber:iq:version",
  /** XEP-0114 */
  component: "jabber:component:accept",
  /** XEP-0115 */
  caps: "http://jabber.org/protocol/caps",
  /** XEP-0153 */
  vcardUpdate: "vcard-temp:x:update",
  /** XEP-0160, and what servers say of it in disco */
  offline: "msgoffline",
  /** XEP-0184 */
  receipts: "urn:xmpp:receipts",
  /** XEP-0191 */
  blocking: "urn:xmpp:blocking",
  /** XEP-0198 */
  streamManagement: "urn:xmpp:sm:3",
  /** XEP-0199 */
  ping: "urn:xmpp:ping",
  /** XEP-0203 */
  delay: "urn:xmpp:delay",
  /** XEP-0215 */
  externalServices: "urn:xmpp:extdisco:2",
  /** XEP-0249 */
  directInvitation: "jabber:x:conference",
  /** XEP-0280 */
  carbons: "urn:xmpp:carbons:2",
  /** XEP-0297 */
  forward: "urn:xmpp:forward:0",
  /** XEP-0313 */
  archive: "urn:xmpp:mam:2",
  archiveExtended: "urn:xmpp:mam:2#extended",
  /** XEP-0333 */
  chatMarkers: "urn:xmpp:chat-markers:0",
  correction: "urn:xmpp:message-correct:0",
  /** XEP-0334 */
  hints: "urn:xmpp:hints",
  /** XEP-0352 */
  clientState: "urn:xmpp:csi:0",
  /** XEP-0359 */
  stanzaIds: "urn:xmpp:sid:0",
  /** XEP-0363 */
  upload: "urn:xmpp:http:upload:0",
  /** XEP-0402 */
  bookmarks: "urn:xmpp:bookmarks:1",
  bookmarksCompat: "urn:xmpp:bookmarks:1#compat",
  bookmarksCompatPep: "urn:xmpp:bookmarks:1#compat-pep",
  /** XEP-0411 */
  bookmarksConversion: "urn:xmpp:bookmarks-conversion:0",
  /** XEP-0421 */
  occupantId: "urn:xmpp:occupant-id:0",
  /** XEP-0379 and XEP-0445 */
  preAuth: "urn:xmpp:pars:0",
  /** XEP-0398 */
  avatarConversion: "urn:xmpp:pep-vcard-conversion:0",
  /** XEP-0401 */
  invite: "urn:xmpp:invite",
  /** Keys of the login SIMPP-1 within XEP-0077 (docs/protocol.md "Login"). */
  simppLogin: "urn:simpp:2:login",
  /** Files on their way (docs/protocol.md "Files in messages"). */
  simppFiles: "urn:simpp:2:files",
  xml: "http://www.w3.org/XML/1998/namespace",
} as const;

import { toBase64, utf8 } from "../../daemon/base/mod.ts";
import { NS } from "../../daemon/xmpp/core/mod.ts";
import { DOMAIN, PASSWORD } from "../../daemon/xmpp/server/testing.ts";

/** Who plays the sessions, and who they talk to. */
export const PLAYER = "player";
export const FRIEND = `friend@${DOMAIN}`;

const HEADER = `<?xml version='1.0'?><stream:stream to='${DOMAIN}' version='1.0' ` +
  `xmlns='${NS.client}' xmlns:stream='${NS.stream}'>`;
const secret = toBase64(utf8(`\0${PLAYER}\0${PASSWORD}`));
const iq = (type: string, payload: string, to?: string) =>
  `<iq type='${type}' id='i'${to === undefined ? "" : ` to='${to}'`}>${payload}</iq>`;
const form = (kind: string, fields: Record<string, string>) =>
  `<x xmlns='${NS.dataForms}' type='submit'><field var='FORM_TYPE'><value>${kind}</value></field>` +
  Object.entries(fields).map(([name, value]) =>
    `<field var='${name}'><value>${value}</value></field>`
  ).join("") + "</x>";

/**
 * PLAIN is the one login that is the same each time: with it a whole session can be played again,
 * and changed anywhere. What the other mechanisms say is recorded as it is said.
 */
const LOGINS: Record<string, string[]> = {
  sasl: [
    HEADER,
    `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${secret}</auth>`,
    HEADER,
    iq("set", `<bind xmlns='${NS.bind}'><resource>fuzz</resource></bind>`),
    iq("set", `<session xmlns='${NS.session}'/>`),
  ],
  sasl2: [
    HEADER,
    `<authenticate xmlns='${NS.sasl2}' mechanism='PLAIN'><initial-response>${secret}` +
    `</initial-response><user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'><software>f` +
    `</software></user-agent><bind xmlns='${NS.bind2}'><tag>fuzz</tag><enable ` +
    `xmlns='${NS.carbons}'/><enable xmlns='${NS.streamManagement}' resume='true'/><inactive ` +
    `xmlns='${NS.clientState}'/></bind><request-token xmlns='${NS.fast}' ` +
    `mechanism='HT-SHA-256-ENDP'/></authenticate>`,
  ],
};

const ROOM = `fuzz@rooms.${DOMAIN}`;

const SCENES: Record<string, string[]> = {
  "roster and presence": [
    iq("get", `<query xmlns='${NS.roster}'/>`),
    iq(
      "set",
      `<query xmlns='${NS.roster}'><item jid='${FRIEND}' name='F &amp; &#xe4;'><group>g</group>` +
        "</item></query>",
    ),
    `<presence><show>away</show><status xml:lang='de'>weg</status><priority>5</priority><c ` +
    `xmlns='${NS.caps}' hash='sha-1' node='urn:f' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/></presence>`,
    `<presence to='${FRIEND}' type='subscribe'/><presence to='${FRIEND}' type='subscribed'/>`,
    `<presence to='${FRIEND}'/><presence to='${FRIEND}' type='unavailable'/>`,
    `<presence to='${FRIEND}' type='probe'/>`,
    iq(
      "set",
      `<query xmlns='${NS.roster}'><item jid='${FRIEND}' subscription='remove'/></query>`,
    ),
    "<presence type='unavailable'/>",
  ],
  messages: [
    iq("set", `<enable xmlns='${NS.carbons}'/>`),
    `<message to='${FRIEND}' type='chat' id='1'><body>hi</body><active xmlns='${NS.chatStates}'/>` +
    `<request xmlns='${NS.receipts}'/></message>`,
    `<message to='${FRIEND}' type='headline'><body><![CDATA[<&>]]></body></message>`,
    `<message to='${FRIEND}'><no-store xmlns='${NS.hints}'/><body>x</body></message>`,
    `<message to='${FRIEND}/none' type='groupchat'><body>x</body></message>`,
    `<message to='nobody@${DOMAIN}' type='error'><error/></message>`,
    `<message to='${FRIEND}'><store xmlns='${NS.hints}'/><delay xmlns='${NS.delay}' ` +
    `stamp='2020-01-01T00:00:00Z' from='${DOMAIN}'/></message>`,
    iq("set", `<disable xmlns='${NS.carbons}'/>`),
  ],
  archive: [
    iq("get", `<query xmlns='${NS.archive}'/>`),
    iq(
      "set",
      `<query xmlns='${NS.archive}' queryid='q'>${
        form(NS.archive, { with: FRIEND, start: "2020-01-01T00:00:00Z" })
      }<set xmlns='${NS.resultSet}'><max>5</max><before/></set></query>`,
    ),
    iq("get", `<metadata xmlns='${NS.archive}'/>`),
    iq(
      "set",
      `<prefs xmlns='${NS.archive}' default='roster'><always><jid>${FRIEND}</jid></always>` +
        "<never/></prefs>",
    ),
  ],
  "personal events": [
    iq(
      "set",
      `<pubsub xmlns='${NS.pubsub}'><publish node='urn:n'><item id='1'><n xmlns='urn:n'>x` +
        `</n></item></publish><publish-options>${
          form(NS.pubsubPublishOptions, {
            "pubsub#access_model": "open",
            "pubsub#max_items": "max",
          })
        }</publish-options></pubsub>`,
    ),
    iq("get", `<pubsub xmlns='${NS.pubsub}'><items node='urn:n' max_items='1'/></pubsub>`),
    iq("get", `<pubsub xmlns='${NS.pubsubOwner}'><configure node='urn:n'/></pubsub>`),
    iq(
      "set",
      `<pubsub xmlns='${NS.pubsubOwner}'><configure node='urn:n'>${
        form(NS.pubsubNodeConfig, { "pubsub#access_model": "whitelist" })
      }</configure></pubsub>`,
    ),
    iq(
      "set",
      `<pubsub xmlns='${NS.pubsub}'><retract node='urn:n' notify='1'><item id='1'/>` +
        "</retract></pubsub>",
    ),
    iq("set", `<pubsub xmlns='${NS.pubsubOwner}'><delete node='urn:n'/></pubsub>`),
    iq(
      "set",
      `<vCard xmlns='${NS.vcard}'><FN>F</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORw0K` +
        "</BINVAL></PHOTO></vCard>",
    ),
    iq("get", `<vCard xmlns='${NS.vcard}'/>`, FRIEND),
  ],
  room: [
    `<presence to='${ROOM}/fuzz'><x xmlns='${NS.muc}'><history maxstanzas='3'/></x></presence>`,
    iq("get", `<query xmlns='${NS.mucOwner}'/>`, ROOM),
    iq(
      "set",
      `<query xmlns='${NS.mucOwner}'>${
        form(NS.mucRoomConfig, {
          "muc#roomconfig_roomname": "r",
          "muc#roomconfig_persistentroom": "1",
        })
      }</query>`,
      ROOM,
    ),
    `<message to='${ROOM}' type='groupchat'><body>hi</body></message>`,
    `<message to='${ROOM}' type='groupchat'><subject>s</subject></message>`,
    `<message to='${ROOM}'><x xmlns='${NS.mucUser}'><invite to='${FRIEND}'/></x></message>`,
    iq(
      "set",
      `<query xmlns='${NS.mucAdmin}'><item affiliation='member' jid='${FRIEND}'/></query>`,
      ROOM,
    ),
    iq("get", `<query xmlns='${NS.mucAdmin}'><item affiliation='member'/></query>`, ROOM),
    iq("get", `<query xmlns='${NS.discoInfo}'/>`, ROOM),
    iq("set", `<query xmlns='${NS.archive}'/>`, ROOM),
    iq("set", `<query xmlns='${NS.mucOwner}'><destroy/></query>`, ROOM),
  ],
  "the rest": [
    iq("get", `<query xmlns='${NS.discoInfo}'/>`, DOMAIN),
    iq("get", `<query xmlns='${NS.discoItems}'/>`, DOMAIN),
    iq("get", `<query xmlns='${NS.version}'/>`, DOMAIN),
    iq("set", `<block xmlns='${NS.blocking}'><item jid='eve@${DOMAIN}'/></block>`),
    iq("get", `<blocklist xmlns='${NS.blocking}'/>`),
    iq("set", `<unblock xmlns='${NS.blocking}'/>`),
    `<inactive xmlns='${NS.clientState}'/><active xmlns='${NS.clientState}'/>`,
    iq("get", `<query xmlns='${NS.register}'/>`),
  ],
  "stream management": [
    `<enable xmlns='${NS.streamManagement}' resume='true' max='10'/>`,
    `<presence/><r xmlns='${NS.streamManagement}'/>`,
    `<message to='${FRIEND}'><body>x</body></message>`,
    `<a xmlns='${NS.streamManagement}' h='0'/><r xmlns='${NS.streamManagement}'/>`,
    `<resume xmlns='${NS.streamManagement}' previd='guess' h='0'/>`,
  ],
};

/** A whole session to be played: what is said, step by step. */
export interface Session {
  readonly name: string;
  readonly steps: readonly string[];
}

/** All sessions of clients, each with either profile of the login. */
export const SESSIONS: readonly Session[] = Object.entries(SCENES).flatMap(([scene, said]) =>
  Object.entries(LOGINS).map(([profile, login]) => ({
    name: `${scene}, ${profile}`,
    steps: [...login, ...said],
  }))
);

/** What a component says once it is let in. */
export const COMPONENT = `keys.${DOMAIN}`;
export const COMPONENT_SECRET = "a secret of keys";
export const COMPONENT_HEADER = `<stream:stream xmlns='${NS.component}' ` +
  `xmlns:stream='${NS.stream}' to='${COMPONENT}'>`;
export const COMPONENT_SAYS: string = [
  `<message from='a@${COMPONENT}' to='${FRIEND}'><body>hi</body></message>`,
  `<presence from='${COMPONENT}' to='${FRIEND}' type='subscribe'/>`,
  `<iq type='get' id='c' from='${COMPONENT}' to='${DOMAIN}'><query xmlns='${NS.discoInfo}'/></iq>`,
  `<iq type='result' id='c' from='${COMPONENT}' to='${FRIEND}/x'/>`,
  `<message from='${COMPONENT}' to='${COMPONENT}'><body>me</body></message>`,
  `<message from='x@${COMPONENT}' to='room@rooms.${DOMAIN}' type='groupchat'><body>r</body></message>`,
].join("");

/** What is said before TLS. */
export const CLEAR = `${HEADER}<starttls xmlns='${NS.tls}'/>`;

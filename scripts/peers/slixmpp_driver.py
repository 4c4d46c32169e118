"""
Drives slixmpp by lines of JSON: a request {"id", "do", ...} on stdin is answered on stdout by
{"id", "value"} or {"id", "error"}; what happens by itself comes as {"event", ...}.
"""

import asyncio
import base64
import json
import logging
import ssl
import sys
import urllib.request

from slixmpp import JID, ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream import ET, tostring
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

PLUGINS = [
    "xep_0030", "xep_0045", "xep_0047", "xep_0060", "xep_0085", "xep_0092", "xep_0163", "xep_0184",
    "xep_0191", "xep_0198", "xep_0199", "xep_0249", "xep_0280", "xep_0313", "xep_0363",
]


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def told(message):
    body = message["body"]
    return {"from": str(message["from"]), "to": str(message["to"]), "type": message["type"],
            "body": body, "id": message["id"]}


class Driver:
    def __init__(self, jid, password, host, port, tls, ca):
        self.address = (host, port)
        self.direct = tls == "direct"
        self.ca = ca
        self.bound = None
        xmpp = self.xmpp = ClientXMPP(jid, password)
        xmpp.ca_certs = ca
        xmpp.default_domain = JID(jid).domain
        for plugin in PLUGINS:
            xmpp.register_plugin(plugin)
        xmpp["xep_0199"].enable_keepalive(interval=60, timeout=30)
        xmpp.auto_authorize = None
        xmpp.auto_subscribe = False
        xmpp.add_event_handler("session_start", lambda _: self.started("started"))
        xmpp.add_event_handler("session_resumed", lambda _: self.started("resumed"))
        xmpp.add_event_handler("failed_all_auth", lambda _: self.fail("wrong password"))
        xmpp.add_event_handler("connection_failed", lambda why: self.fail(str(why)))
        xmpp.add_event_handler("disconnected", lambda _: say({"event": "disconnected"}))
        xmpp.add_event_handler("message", self.message)
        xmpp.add_event_handler("pubsub_publish", self.published)
        xmpp.add_event_handler("carbon_received", lambda m: self.carbon("received", m))
        xmpp.add_event_handler("carbon_sent", lambda m: self.carbon("sent", m))
        for kind in ["available", "unavailable", "subscribe", "subscribed", "unsubscribe",
                     "unsubscribed"]:
            xmpp.add_event_handler("presence_" + kind, self.presence)
        for show in ["away", "dnd", "xa", "chat"]:
            xmpp.add_event_handler("presence_" + show, self.presence)
        xmpp.add_event_handler("roster_update", self.roster)
        # Its own event of a message is for those that have a body.
        sealed = MatchXPath("{jabber:client}message/{urn:simpp:group:1}group")
        xmpp.register_handler(Callback("sealed", sealed, self.overheard))

    def started(self, how):
        if self.bound and not self.bound.done():
            self.bound.set_result({"how": how, "jid": str(self.xmpp.boundjid)})
        say({"event": how})

    def fail(self, why):
        if self.bound and not self.bound.done():
            self.bound.set_exception(RuntimeError(why))

    def message(self, message):
        if message["body"] or message["subject"]:
            say({"event": "message", "subject": message["subject"], **told(message)})

    def overheard(self, message):
        say({"event": "overheard", "from": str(message["from"]), "xml": str(message)})

    def published(self, message):
        # Its own loop over the items stands on the same iterator.
        items = message["pubsub_event"]["items"]
        say({"event": "published", "from": str(message["from"]), "node": items["node"],
             "ids": [item["id"] for item in items.iterables]})

    def carbon(self, way, message):
        inner = message["carbon_" + way]
        say({"event": "carbon", "way": way, **told(inner)})

    def presence(self, presence):
        say({"event": "presence", "from": str(presence["from"]), "type": presence["type"],
             "status": presence["status"]})

    def roster(self, iq):
        items = {str(jid): {"name": item["name"], "subscription": item["subscription"]}
                 for jid, item in iq["roster"]["items"].items()}
        say({"event": "roster", "items": items})

    async def do_connect(self, **_):
        self.bound = asyncio.get_running_loop().create_future()
        self.xmpp.connect(self.address, use_ssl=self.direct, force_starttls=not self.direct)
        value = await self.bound
        if value["how"] == "started":
            self.xmpp.send_presence()
            await self.xmpp.get_roster()
        return value

    async def do_who(self, **_):
        return {"jid": str(self.xmpp.boundjid)}

    async def do_cut(self, **_):
        """Loses the connection without a word, and comes back, resuming (XEP-0198)."""
        self.xmpp.abort()
        return await self.do_connect()

    async def do_disconnect(self, **_):
        await self.xmpp.disconnect()

    async def do_presence(self, status="", show=None, **_):
        self.xmpp.send_presence(pshow=show, pstatus=status)

    async def do_subscription(self, to, kind, **_):
        self.xmpp.send_presence(pto=to, ptype=kind)

    async def do_roster_set(self, jid, name, **_):
        await self.xmpp.update_roster(jid, name=name)

    async def do_roster_remove(self, jid, **_):
        await self.xmpp.del_roster_item(jid)

    async def do_roster_get(self, **_):
        """What it keeps: of an unchanged roster the server sends nothing (RFC 6121 section 2.6)."""
        await self.xmpp.get_roster()
        roster = self.xmpp.client_roster
        return {jid: roster[jid]["subscription"] for jid in roster.keys()
                if roster[jid]["subscription"] not in ("none", "remove")}

    async def do_send(self, to, body, type="chat", **_):
        self.xmpp.send_message(mto=JID(to), mbody=body, mtype=type)

    async def do_features(self, of, **_):
        info = await self.xmpp["xep_0030"].get_info(jid=of)
        return sorted(info["disco_info"]["features"])

    async def do_items(self, of, **_):
        items = await self.xmpp["xep_0030"].get_items(jid=of)
        return [str(item[0]) for item in items["disco_items"]["items"]]

    async def do_version(self, of, **_):
        return (await self.xmpp["xep_0092"].get_version(JID(of)))["software_version"]["name"]

    async def do_ping(self, **_):
        await self.xmpp["xep_0199"].ping(JID(self.xmpp.boundjid.domain))

    async def do_join(self, room, nick, **_):
        presence, _, _, history = await self.xmpp["xep_0045"].join_muc_wait(
            JID(room), nick, maxstanzas=20, timeout=10)
        return {"created": 201 in presence["muc"]["status_codes"],
                "history": [m["body"] for m in history]}

    async def do_configure(self, room, values={}, **_):
        """Opens a new room with its default settings, but for these values of fields."""
        muc = self.xmpp["xep_0045"]
        form = await muc.get_room_config(JID(room))
        form["type"] = "submit"
        form.set_values(values)
        await muc.set_room_config(JID(room), form)

    async def do_archive(self, of=None, with_jid=None, **_):
        found = []
        query = self.xmpp["xep_0313"].iterate(jid=of and JID(of),
                                              with_jid=with_jid and JID(with_jid))
        async for result in query:
            forwarded = result["mam_result"]["forwarded"]["stanza"]
            found.append({"id": result["mam_result"]["id"], **told(forwarded)})
        return found

    async def do_carbons(self, **_):
        await self.xmpp["xep_0280"].enable()

    async def do_upload(self, name, text, **_):
        """Asks for a slot, puts the text there, and gets it back. Values: URL and what came."""
        upload = self.xmpp["xep_0363"]
        # Its own search does not run on this Python: it waits for bare coroutines.
        disco = self.xmpp["xep_0030"]
        items = await disco.get_items(jid=self.xmpp.boundjid.domain)
        service = None
        for jid, _, _ in items["disco_items"]["items"]:
            info = await disco.get_info(jid=jid)
            if "urn:xmpp:http:upload:0" in info["disco_info"]["features"]:
                service = jid
        if service is None:
            raise RuntimeError("no upload service")
        data = text.encode()
        answer = await upload.request_slot(service, name, len(data), "text/plain")
        slot = answer["http_upload_slot"]
        headers = {header["name"]: header["value"] for header in slot["put"]["headers"]}
        headers["Content-Type"] = "text/plain"
        trust = ssl.create_default_context(cafile=self.ca)
        # The certificate is for the domain; what is connected to is 127.0.0.1.
        trust.check_hostname = False

        def transfer():
            put = urllib.request.Request(slot["put"]["url"], data=data, headers=headers,
                                         method="PUT")
            urllib.request.urlopen(put, context=trust, timeout=10).read()
            got = urllib.request.urlopen(slot["get"]["url"], context=trust, timeout=10)
            return got.read().decode()

        came = await asyncio.get_running_loop().run_in_executor(None, transfer)
        return {"url": slot["get"]["url"], "text": came}

    async def do_ibb_accept(self, max_block=8192, **_):
        """Takes every stream from now on; its bytes come as an event when it is closed."""
        ibb = self.xmpp["xep_0047"]
        ibb.auto_accept = True
        ibb.max_block_size = max_block

        async def gather(stream):
            data = await stream.gather(timeout=20)
            say({"event": "bytes", "from": str(stream.peer_jid), "type": str(stream.block_size),
                 "body": base64.b64encode(data).decode()})

        self.xmpp.add_event_handler("ibb_stream_start", gather)

    async def do_ibb_send(self, to, sid, body, block=4096, messages=False, **_):
        stream = await self.xmpp["xep_0047"].open_stream(
            JID(to), block_size=block, sid=sid, use_messages=messages)
        await stream.sendall(base64.b64decode(body))
        await stream.close()

    async def do_publish(self, node, item, xml, **_):
        payload = ET.fromstring(xml)
        await self.xmpp["xep_0060"].publish(None, node, id=item, payload=payload)

    async def do_fetch(self, of, node, **_):
        iq = await self.xmpp["xep_0060"].get_items(JID(of), node)
        return [{"id": item["id"], "xml": tostring(item["payload"])}
                for item in iq["pubsub"]["items"]]

    async def do_node_access(self, node, model, **_):
        """Sets the access model of an own node; the rest of its settings stays as it is."""
        pubsub = self.xmpp["xep_0060"]
        form = (await pubsub.get_node_config(None, node))["pubsub_owner"]["configure"]["form"]
        form["type"] = "submit"
        form.set_values({"pubsub#access_model": model})
        await pubsub.set_node_config(None, node, form)

    async def do_node_subscribe(self, of, node, **_):
        iq = await self.xmpp["xep_0060"].subscribe(JID(of), node)
        return iq["pubsub"]["subscription"]["subscription"]

    async def do_node_subscriptions(self, node, **_):
        iq = await self.xmpp["xep_0060"].get_node_subscriptions(None, node)
        return {str(one["jid"]): one["subscription"]
                for one in iq["pubsub_owner"]["subscriptions"]}

    async def do_node_grant(self, node, jid, state, **_):
        await self.xmpp["xep_0060"].modify_subscriptions(None, node, [(JID(jid), state)])

    async def do_node_affiliate(self, node, jid, affiliation, **_):
        await self.xmpp["xep_0060"].modify_affiliations(None, node, [(JID(jid), affiliation)])

    async def do_block(self, jid, **_):
        await self.xmpp["xep_0191"].block(jid)

    async def do_unblock(self, jid, **_):
        await self.xmpp["xep_0191"].unblock(jid)

    async def do_blocked(self, **_):
        iq = await self.xmpp["xep_0191"].get_blocked()
        return sorted(str(jid) for jid in iq["blocklist"]["items"])

    async def answer(self, request):
        try:
            work = getattr(self, "do_" + request["do"])
            value = await asyncio.wait_for(work(**{k: v for k, v in request.items()
                                                   if k not in ("id", "do")}), 20)
            say({"id": request["id"], "value": value})
        except IqError as error:
            say({"id": request["id"], "error": error.condition})
        except IqTimeout:
            say({"id": request["id"], "error": "no answer"})
        except Exception as error:
            say({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


async def main():
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    driver = Driver(**json.loads(sys.argv[1]))
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(driver.answer(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    # The end of the requests is the end of the client.
    await asyncio.wait([driver.xmpp.disconnect()], timeout=2)


asyncio.get_event_loop().run_until_complete(main())

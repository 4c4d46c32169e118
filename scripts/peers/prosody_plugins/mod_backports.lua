-- Lets Prosody 0.12 do what the modules of its own time need and newer versions have:
-- net.server connections with ssl_info(), which mod_sasl2 calls; the stream's address in the event
-- "stream-features" and dates of fractions of seconds, which mod_sasl2_fast needs, as it does get_child_attr(); and, with the option "end_point_digest", channel
-- binding by tls-server-end-point (RFC 5929), announced by XEP-0440.

local sasl = require "util.sasl";
local scram = require "util.sasl.scram";
local st = require "util.stanza";

local datetime = require "util.datetime";
local whole = datetime.datetime;
datetime.datetime = function (t) return whole(t and math.floor(t)) end

st.stanza_mt.get_child_attr = st.stanza_mt.get_child_attr or function (self, name, xmlns, attr)
	local child = self:get_child(name, xmlns);
	return child and child.attr[attr];
end

local digest = module:get_option_string("end_point_digest");
local host = module.host;
local patched = false;

local function from_hex(hex)
	return (hex:gsub("%x%x", function (byte) return string.char(tonumber(byte, 16)) end));
end

local function bind_logins()
	scram.init(function (name, backends, f, cb)
		if cb then
			sasl.registerMechanism(name, backends, f, { "tls-unique", "tls-server-end-point" });
		end
	end);
	local users = prosody.hosts[host].users;
	local get_sasl_handler = users.get_sasl_handler;
	users.get_sasl_handler = function (session)
		local handler = get_sasl_handler(session);
		if handler.add_cb_handler and session.encrypted then
			handler:add_cb_handler("tls-server-end-point", function () return from_hex(digest) end);
		end
		return handler;
	end;
end

module:hook("stream-features", function (event)
	if event.origin.type ~= "c2s_unauthed" or not event.origin.encrypted then return end
	local methods = getmetatable(event.origin.conn).__index;
	if type(methods) == "table" and not methods.ssl_info then
		methods.ssl_info = function (self)
			local socket = self:socket();
			return socket.info and socket:info();
		end
	end
	event.stream = event.stream or { from = "somebody@" .. host };
	if not digest then return end
	if not patched then
		patched = true;
		bind_logins();
	end
	event.features:add_direct_child(
		st.stanza("sasl-channel-binding", { xmlns = "urn:xmpp:sasl-cb:0" })
			:tag("channel-binding", { type = "tls-server-end-point" }):up());
end, 100);

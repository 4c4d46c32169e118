import type { Extension } from "./host.ts";
import { messages } from "./messages.ts";
import { presence } from "./presence/presence.ts";
import { roster } from "./presence/roster.ts";
import { sessionIq } from "./session_iq.ts";
import { unconfirmed } from "./unconfirmed.ts";
import { disco } from "./xep_0030_disco.ts";
import { muc } from "./xep_0045_muc.ts";
import { bookmarks } from "./xep_0048_bookmarks.ts";
import { privateStorage } from "./xep_0049_private.ts";
import { vcard } from "./xep_0054_vcard.ts";
import { register } from "./xep_0077_register.ts";
import { softwareVersion } from "./xep_0092_version.ts";
import { caps } from "./xep_0115_caps.ts";
import { offline } from "./xep_0160_offline.ts";
import { hostMeta } from "./xep_0156_host_meta.ts";
import { pep } from "./xep_0163_pep.ts";
import { blocking } from "./xep_0191_blocking.ts";
import { streamManagement } from "./xep_0198_stream_management.ts";
import { ping } from "./xep_0199_ping.ts";
import { carbons } from "./xep_0280_carbons.ts";
import { archive } from "./xep_0313_archive.ts";
import { clientState } from "./xep_0352_client_state.ts";
import { avatars } from "./xep_0398_avatars.ts";
import { externalServices } from "./xep_0215_external_services.ts";
import { upload } from "./xep_0363_upload.ts";
import { preauth } from "./xep_0445_preauth.ts";

/** All that the server can do beyond streams, each registering with the hooks. */
export const EXTENSIONS: readonly Extension[] = [
  sessionIq,
  roster,
  presence,
  messages,
  unconfirmed,
  disco,
  ping,
  archive,
  carbons,
  blocking,
  offline,
  caps,
  pep,
  vcard,
  privateStorage,
  bookmarks,
  avatars,
  preauth,
  register,
  muc,
  streamManagement,
  clientState,
  softwareVersion,
  hostMeta,
  externalServices,
  upload,
];

// SPDX-License-Identifier: Apache-2.0
// What to do about a lost host, by the code of its error. docs/errors.md says the same, checked by test/drift.

import type { ErrorCode } from '@vireo/libvirt';
import type { ViaDaemonError } from '../hosts/via-daemon.ts';

/** For every code of the client. */
export const CLIENT_ADVICE = {
  LV_ARG_URI: 'Correct the URI in the configuration; docs/configuration.md has the forms.',
  LV_ARG_VALUE: 'A fault in Vireo: report it with the log line.',
  LV_ARG_CLOSED: 'A fault in Vireo: report it with the log line.',
  LV_ARG_CREDENTIALS: 'Give the host credentials in the configuration, or correct the auth.conf it uses.',
  LV_CONN_REFUSED: 'Start libvirtd there (systemctl start libvirtd), or correct the socket path or port in the URI.',
  LV_CONN_DENIED: 'Let the user that runs vireo use the socket or key: for the socket, add it to the group libvirt.',
  LV_CONN_UNREACHABLE: 'Check the host name, DNS, the network and firewalls between here and the host.',
  LV_CONN_TIMEOUT: 'Check that the host is up and its port is not silently filtered by a firewall.',
  LV_CONN_CLOSED: 'Nothing, if it comes back: the daemon restarted. Otherwise read its log (journalctl -u libvirtd).',
  LV_CONN_KEEPALIVE: 'Check that the host is up; if it is, libvirtd hangs: read its log, then restart it.',
  LV_CONN_TLS: 'Check the certificates on both sides: issuer, dates, and that the name is the one in the URI.',
  LV_CONN_SSH: 'Run ssh to that host as the user that runs vireo: it must log in without asking anything.',
  LV_CONN_AUTH: 'Check user and password, and the mechanisms in /etc/sasl2/libvirt.conf or the polkit rule there.',
  LV_PROTO_LENGTH: 'Check that the port is that of a libvirtd and nothing stands between; else report it.',
  LV_PROTO_SERIAL: 'Report it with the libvirt version.',
  LV_PROTO_TYPE: 'Report it with the libvirt version.',
  LV_PROTO_PAYLOAD: 'Report it with the libvirt version.',
  LV_PROTO_QUEUE: 'Report it with the libvirt version.',
  LV_PROTO_TLS_BYTE: 'Check tls_allowed_dn_list in libvirtd.conf there: the daemon did not admit our certificate.',
  LV_REMOTE: 'Act on the name of libvirt’s error in the message.',
  LV_BUSY: 'Calls hang in the daemon: look for a stuck domain, then restart the daemon if none is.',
  LV_TIMEOUT: 'The daemon is slow or stuck: look for a stuck domain, then at the load of the host.',
  LV_ABORTED: 'Nothing: whoever asked did not want to wait.',
} as const satisfies Record<ErrorCode, string>;

/** For the errors of libvirt itself that lose a host. */
export const DAEMON_ADVICE = {
  VIR_ERR_NO_CONNECT: 'The daemon has no driver for this URI: correct its scheme, or install the driver there.',
  VIR_ERR_INVALID_ARG: 'Correct the path of the URI: it is /system or /session for qemu.',
  VIR_ERR_AUTH_FAILED: 'Check user and password, or the polkit rule on the host.',
  VIR_ERR_AUTH_CANCELLED: 'Polkit wants a person to answer: allow org.libvirt.unix.monitor for the user of vireo.',
  VIR_ERR_AUTH_UNAVAILABLE: 'Polkit has no agent to ask: allow org.libvirt.unix.monitor for the user of vireo.',
  VIR_ERR_ACCESS_DENIED: 'Grant the user of vireo read access in the access driver (polkit rules) on the host.',
  VIR_ERR_OPERATION_DENIED: 'Grant the user of vireo read access on the host.',
  VIR_ERR_NO_SUPPORT: 'This driver lacks the call; update libvirt there, or report the driver and version.',
  VIR_ERR_OPERATION_TIMEOUT: 'Something holds the lock there: look for a stuck domain or storage.',
  VIR_ERR_SYSTEM_ERROR: 'Read the message and the log of the daemon (journalctl -u libvirtd).',
  VIR_ERR_INTERNAL_ERROR: 'Read the message and the log of the daemon (journalctl -u libvirtd).',
  VIR_ERR_RPC: 'Read the log of the daemon (journalctl -u libvirtd); max_clients may be reached.',
} as const satisfies Record<string, string>;

/** For what keeps a daemon from opening the hypervisor of a host with `via`. */
export const VIA_ADVICE = {
  VIREO_DRIVER_MISSING: 'Install the driver there, or name a daemon in via that has it; docs/hypervisors.md.',
  VIREO_VIA_CREDENTIALS: 'Write user and password into auth.conf on the machine of that daemon; docs/hypervisors.md.',
  VIREO_VIA_LOGIN: 'Correct user and password in auth.conf on the machine of that daemon, then restart Vireo.',
  VIREO_VIA_SILENT: 'Check that hypervisor and the network from the daemon to it; it is back as soon as it answers.',
} as const satisfies Record<ViaDaemonError['code'], string>;

const ADVICE: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...CLIENT_ADVICE, ...DAEMON_ADVICE, ...VIA_ADVICE }),
);

/** One sentence or two; something also for a code nobody foresaw. */
export function adviceFor(code: string): string {
  return ADVICE.get(code) ?? 'Read the log of the daemon on that host (journalctl -u libvirtd).';
}

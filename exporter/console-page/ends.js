// SPDX-License-Identifier: Apache-2.0
// Generated from exporter/src/contract/console.ts by npm run docs; do not edit.

/** By close code: what the page says, and what to do. */
export const ENDS = {
  1000: ["The page was closed.","Nothing."],
  1001: ["Vireo stops.","Open the console again when it runs."],
  4001: ["The domain stopped.","Start it: the page waits and comes back."],
  4002: ["The domain was started anew.","Nothing: the page comes back."],
  4003: ["The domain no longer exists on this host.","Look for it on other hosts: it was undefined or migrated."],
  4004: ["Vireo lost the host.","See the host’s error in GET /api/v1/hosts/{host}; the page waits and comes back."],
  4005: ["The token that opened this console is changed or gone.","Open the console with a token that is in force."],
  4006: ["The longest time of a session is over.","Open the console again, or raise console.longestSessionSeconds."],
  4007: ["The hypervisor closed the console.","Open it again; somebody else may have taken it over, or the guest is ending."],
  4008: ["The browser sent what a console does not take.","Reload the page; clients of your own must send binary frames of RFB 3.8."],
  4010: ["The browser did not answer.","Look at the network between browser and Vireo: nothing came back for a minute."],
  4011: ["The domain did not start in time.","Open the console again once it runs."],
  4020: ["The domain has no such console.","Add a VNC screen or a serial console to the domain, or use the vendor’s own."],
  4021: ["The console’s address cannot be reached from Vireo.","Let the screen listen where Vireo reaches it, use a qemu+ssh URI, or set hosts[].console.via."],
  4022: ["The VNC server wants a way of signing in that Vireo does not speak.","Use none, a VNC password, or TLS with X.509 certificates (vnc_tls) on the host."],
  4023: ["The VNC server refused the password.","Look whether it has expired (passwdValidTo), and whether Vireo may read it (a read-write connection)."],
  4024: ["The certificate of the VNC server is not trusted.","Set console.tls.caFile to the authority of the host, and hosts[].console.tlsServerName to its name."],
  4025: ["Another domain’s screen answered.","Open the console again; if it stays so, look which process listens on the port."],
  4026: ["What answers is no VNC server, or a broken one.","Look which process listens on the address the domain’s XML names."],
  4027: ["Too many sessions are open.","Close one, or raise console.sessionsPerDomain, sessionsPerUser or sessions."],
  4028: ["libvirt refused or failed.","Act on the message; the daemon’s log has more."],
  4029: ["Another session has the serial console.","Wait until it is free: libvirt gives it to one at a time."],
  4401: ["The link was used already, has expired or was never valid.","Open the console again from where you came: a link works once, for 30 seconds."],
  4500: ["A fault in Vireo.","Look for console.fault in the log and report that line."],
};

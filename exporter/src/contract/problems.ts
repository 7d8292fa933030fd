// SPDX-License-Identifier: Apache-2.0
// Every problem the HTTP side can answer with: its stable code, status, and what docs/errors.md says of it. A published
// code is never reused. The one table from codes to statuses; the API's clients match on the codes.

/** What one code means. */
export interface ProblemDoc {
  readonly status: number;
  readonly meaning: string;
  /** What the reader does about it. */
  readonly advice: string;
}

/** Problems of any path. */
const HTTP_PROBLEMS = {
  VIREO_HTTP_NOT_FOUND: {
    status: 404,
    meaning: 'There is nothing at this path.',
    advice: 'Open / for what there is.',
  },
  VIREO_HTTP_METHOD: {
    status: 405,
    meaning: 'The path does not take this method.',
    advice: 'Use a method of the Allow header.',
  },
  VIREO_HTTP_BAD_REQUEST: {
    status: 400,
    meaning: 'The request cannot be understood.',
    advice: 'Correct what the detail names; the same request fails again.',
  },
  VIREO_HTTP_PATH: {
    status: 400,
    meaning: 'The path holds `..`, `//`, a backslash or a control character, encoded or not.',
    advice: 'Encode every part of a path once, and send no such parts.',
  },
  VIREO_HOST_UNKNOWN: {
    status: 404,
    meaning: 'No host of this name is configured, or the token may not see it.',
    advice: 'Use a name of the configuration, as the page / lists them; a URI or an address is no name.',
  },
  VIREO_NOT_READY: {
    status: 503,
    meaning: 'Some hosts are still in their first attempt to connect.',
    advice: 'Wait: every attempt ends by its deadline, in success or not.',
  },
  VIREO_BUSY: {
    status: 503,
    meaning: 'More requests of this kind are under way than are served at once.',
    advice: 'Repeat after Retry-After; look for a scraper or a stream that does not read its answers.',
  },
  VIREO_WEB_CREDENTIALS: {
    status: 401,
    meaning: 'The web config file has users, and the request carries the name and password of none.',
    advice: 'Send basic_auth of one of basic_auth_users; docs/web-configuration.md has the Prometheus side.',
  },
  VIREO_WEB_RATE: {
    status: 429,
    meaning: 'More requests than rate_limit of the web config file admits.',
    advice: 'Repeat later, or raise rate_limit: it counts all clients together.',
  },
  VIREO_WEB_CONFIG: {
    status: 500,
    meaning: 'The web config file was changed and is broken, so nobody is let in.',
    advice: 'Correct the file; the log has one line for every problem (event web.config.broken).',
  },
  VIREO_INTERNAL: {
    status: 500,
    meaning: 'A fault in Vireo.',
    advice: 'Look for the requestId in the log and report that line.',
  },
} as const satisfies Record<string, ProblemDoc>;

/** Who asks, and whether they may. */
const AUTH_PROBLEMS = {
  VIREO_API_OFF: {
    status: 403,
    meaning: 'No tokens are configured, so the API is off.',
    advice: 'Make one with `vireo token` and put its line under api.tokens; docs/api.md shows how.',
  },
  VIREO_AUTH_MISSING: {
    status: 401,
    meaning: 'The request carries no bearer token.',
    advice: 'Send `Authorization: Bearer TOKEN`.',
  },
  VIREO_AUTH_TOKEN: {
    status: 401,
    meaning: 'No configured token has this value.',
    advice: 'Check the token; the configuration holds its SHA-256 in hex.',
  },
  VIREO_IDENTITY_REQUIRED: {
    status: 401,
    meaning: 'The request carries no signed identity of a Grafana user, and its token requires one.',
    advice: 'Sign in to Grafana and use the app there; give scripts a token with requireIdentity: false.',
  },
  VIREO_IDENTITY_INVALID: {
    status: 401,
    meaning: 'The identity in X-Grafana-Id is not one that the configured Grafana signed for us.',
    advice: 'Check url, issuer and audience of api.grafana, and that both clocks are right; the log says which.',
  },
  VIREO_IDENTITY_EXPIRED: {
    status: 401,
    meaning: 'The identity in X-Grafana-Id has expired.',
    advice: 'Repeat the request from Grafana, which signs a new one; check that both clocks are right.',
  },
  VIREO_IDENTITY_UNAVAILABLE: {
    status: 503,
    meaning: 'The keys that identities are checked with cannot be fetched from Grafana.',
    advice: 'Check api.grafana.jwksUrl and that Vireo reaches it; repeat after Retry-After. The log has the reason.',
  },
  VIREO_AUTH_PRIVILEGE: {
    status: 403,
    meaning: 'The token lacks the privilege this needs.',
    advice: 'Use a token with the privilege the detail names.',
  },
  VIREO_AUTH_RATE: {
    status: 429,
    meaning: 'Too many requests of this token, or too many failed ones of this address.',
    advice: 'Repeat after Retry-After; raise api.rateLimit if this is the usual load.',
  },
} as const satisfies Record<string, ProblemDoc>;

/** What is wrong with a request to the API. */
const REQUEST_PROBLEMS = {
  VIREO_PARAMETER: {
    status: 400,
    meaning: 'A query parameter or header is unknown, stands twice or has a value that is not allowed.',
    advice: 'Correct the parameter the detail names; docs/api.md lists them.',
  },
  VIREO_CURSOR: {
    status: 400,
    meaning: 'The cursor was not given out by this list in this order.',
    advice: 'Begin again without cursor.',
  },
  VIREO_UUID: {
    status: 400,
    meaning: 'The path holds no UUID where a domain’s must stand.',
    advice: 'Use the uuid of a domain as GET /api/v1/domains lists it; a name is no UUID.',
  },
  VIREO_CONTENT_TYPE: {
    status: 415,
    meaning: 'The body is not declared as plain JSON in UTF-8.',
    advice: 'Send `Content-Type: application/json`, without Content-Encoding.',
  },
  VIREO_BODY_SIZE: {
    status: 413,
    meaning: 'The body is larger than 64 KiB.',
    advice: 'Split the request: fewer targets at once.',
  },
  VIREO_JSON: {
    status: 400,
    meaning: 'The body is not JSON.',
    advice: 'Correct the syntax.',
  },
  VIREO_BODY: {
    status: 422,
    meaning: 'The body is JSON, but not what this path takes: a key is unknown, missing or has a wrong value.',
    advice: 'Correct the keys the detail names; docs/api.md and /api/v1/openapi.json have the schema.',
  },
  VIREO_ACTION_UNKNOWN: {
    status: 422,
    meaning: 'There is no such action.',
    advice: 'Use one of the actions the detail names.',
  },
} as const satisfies Record<string, ProblemDoc>;

/** Why something about a domain is refused or failed. */
const DOMAIN_PROBLEMS = {
  VIREO_DOMAIN_UNKNOWN: {
    status: 404,
    meaning: 'The host has no domain of this UUID, or the token may not see it.',
    advice: 'List the domains again: a transient domain is gone when it stops.',
  },
  VIREO_TASK_UNKNOWN: {
    status: 404,
    meaning: 'There is no task of this id, it is too old to be kept, or the token may not see it.',
    advice: 'List the tasks; the log keeps what the list has forgotten.',
  },
  VIREO_HOST_LOST: {
    status: 503,
    meaning: 'The host is not connected.',
    advice: 'See its error in GET /api/v1/hosts/{host}; repeat after Retry-After.',
  },
  VIREO_READ_ONLY: {
    status: 403,
    meaning: 'This exporter is configured not to change anything.',
    advice: 'Set api.readOnly to false to allow actions.',
  },
  VIREO_STATE: {
    status: 409,
    meaning: 'The domain is in a state in which this cannot be done.',
    advice: 'Do first what the detail says, or look at allowedActions of the domain.',
  },
  VIREO_CONSOLE_NONE: {
    status: 409,
    meaning: 'The domain has no console of this kind that a browser can show.',
    advice: 'Ask for the kind serial, or use the vendor’s own console: current ESXi and Hyper-V have no VNC.',
  },
  VIREO_CONSOLE_OFF: {
    status: 403,
    meaning: 'Consoles, or their addresses, are switched off in the configuration.',
    advice: 'Change hosts[].console.via, or set console.directAccess to true for addresses.',
  },
  VIREO_CONSOLE_LIMIT: {
    status: 409,
    meaning: 'As many console sessions are open as may be.',
    advice: 'Close one, or raise console.sessionsPerDomain, sessionsPerUser or sessions.',
  },
  VIREO_CONSOLE_TICKET: {
    status: 401,
    meaning: 'The WebSocket of a console was asked for without a ticket.',
    advice: 'Open the url of POST …/console; clients of your own offer the subprotocols binary and ticket.TICKET.',
  },
  VIREO_CONSOLE_ORIGIN: {
    status: 403,
    meaning: 'A page of this origin may not open consoles.',
    advice: 'Set console.publicUrl to where browsers find Vireo, or add the origin to console.allowedOrigins.',
  },
  VIREO_CONSOLE_UPGRADE: {
    status: 426,
    meaning: 'The WebSocket of a console was asked for without Upgrade.',
    advice: 'Let the proxy before Vireo pass the headers Upgrade and Connection; docs/consoles.md has the lines.',
  },
  VIREO_DOMAIN_ID: {
    status: 409,
    meaning: 'The domain stopped or started anew since you looked: its id is not the one you named.',
    advice: 'Look at the domain again and decide anew.',
  },
  VIREO_IDEMPOTENCY_KEY: {
    status: 409,
    meaning: 'The Idempotency-Key was used with another request.',
    advice: 'Make a new key for a new request; repeat the same request only with the same key.',
  },
  VIREO_UNSUPPORTED: {
    status: 501,
    meaning: 'The driver of this host cannot do this.',
    advice: 'Nothing here: the hypervisor or its libvirt driver lacks it.',
  },
  VIREO_ARGUMENT: {
    status: 422,
    meaning: 'The domain is not set up for this: no channel of the guest agent, for instance.',
    advice: 'Choose another mode, or add to the domain what the detail names.',
  },
  VIREO_AGENT: {
    status: 504,
    meaning: 'The guest agent does not answer.',
    advice: 'Use the mode acpi, or start the agent in the guest.',
  },
  VIREO_DOMAIN_BUSY: {
    status: 503,
    meaning: 'Something else holds the domain: another job, or a hypervisor process that does not answer.',
    advice: 'Repeat after Retry-After; the detail names the holder. `destroy` does not wait for it.',
  },
  VIREO_QUEUE_FULL: {
    status: 503,
    meaning: 'Too many actions wait for this domain or host.',
    advice: 'Repeat after Retry-After.',
  },
  VIREO_CONFLICT: {
    status: 409,
    meaning: 'libvirt refused because something else is under way at the domain.',
    advice: 'Wait for it to end, then decide anew.',
  },
  VIREO_LIBVIRT_DENIED: {
    status: 403,
    meaning: 'The daemon of the host does not allow this to Vireo.',
    advice: 'Let the user of vireo do it in the polkit rules or the access driver of that host.',
  },
  VIREO_LIBVIRT_ARGUMENT: {
    status: 400,
    meaning: 'libvirt refused an argument.',
    advice: 'Correct what the detail names.',
  },
  VIREO_LIBVIRT_TIMEOUT: {
    status: 504,
    meaning: 'The daemon of the host did not answer in time.',
    advice: 'Look for a stuck domain there, then at the load of the host.',
  },
  VIREO_LIBVIRT: {
    status: 502,
    meaning: 'libvirt failed; the detail has its message.',
    advice: 'Act on the message; the log of the daemon (journalctl -u libvirtd) has more.',
  },
} as const satisfies Record<string, ProblemDoc>;

/** Every problem code of HTTP. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...AUTH_PROBLEMS,
  ...REQUEST_PROBLEMS,
  ...DOMAIN_PROBLEMS,
} as const satisfies Record<string, ProblemDoc>;
/** One of {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Whether a text is a code of {@link PROBLEMS}. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}

/** What each of libvirt's errors is, by its name (virterror.h); one that is missing is VIREO_LIBVIRT. */
export const PROBLEM_OF_LIBVIRT_ERROR: ReadonlyMap<string, ProblemCode> = new Map<string, ProblemCode>([
  ['VIR_ERR_NO_DOMAIN', 'VIREO_DOMAIN_UNKNOWN'],
  ['VIR_ERR_OPERATION_INVALID', 'VIREO_STATE'],
  ['VIR_ERR_OPERATION_TIMEOUT', 'VIREO_DOMAIN_BUSY'],
  ['VIR_ERR_NO_SUPPORT', 'VIREO_UNSUPPORTED'],
  ['VIR_ERR_OPERATION_UNSUPPORTED', 'VIREO_UNSUPPORTED'],
  ['VIR_ERR_ARGUMENT_UNSUPPORTED', 'VIREO_ARGUMENT'],
  ['VIR_ERR_CONFIG_UNSUPPORTED', 'VIREO_ARGUMENT'],
  ['VIR_ERR_AGENT_UNRESPONSIVE', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_UNSYNCED', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_COMMAND_TIMEOUT', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_COMMAND_FAILED', 'VIREO_AGENT'],
  ['VIR_ERR_OPERATION_DENIED', 'VIREO_LIBVIRT_DENIED'],
  ['VIR_ERR_ACCESS_DENIED', 'VIREO_LIBVIRT_DENIED'],
  ['VIR_ERR_INVALID_ARG', 'VIREO_LIBVIRT_ARGUMENT'],
  ['VIR_ERR_NO_CONNECT', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_FAILED', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_CANCELLED', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_UNAVAILABLE', 'VIREO_HOST_LOST'],
  ['VIR_ERR_SSH', 'VIREO_HOST_LOST'],
  ['VIR_ERR_LIBSSH', 'VIREO_HOST_LOST'],
  ['VIR_ERR_OPERATION_ABORTED', 'VIREO_CONFLICT'],
  ['VIR_ERR_BLOCK_COPY_ACTIVE', 'VIREO_CONFLICT'],
  ['VIR_ERR_RESOURCE_BUSY', 'VIREO_CONFLICT'],
  ['VIR_ERR_MULTIPLE_DOMAINS', 'VIREO_CONFLICT'],
]);

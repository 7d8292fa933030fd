// SPDX-License-Identifier: Apache-2.0
// libvirt's error numbers: their names, and what each class of error means for whoever made the call.

/**
 * What an error means for the same request made again:
 * `retry` may pass later by itself; `connection` concerns this connection, a new one may do; `permanent` wants somebody
 * to change something; `gone` names an object that does not exist (any more); `unsupported` will never work with this
 * driver or daemon, so remember it; `unknown` says nothing.
 */
export type ErrorClass = 'retry' | 'connection' | 'permanent' | 'gone' | 'unsupported' | 'unknown';

/** One virErrorNumber. */
export interface ErrorNumber {
  readonly number: number;
  /** libvirt's own name, `VIR_ERR_NO_DOMAIN`; `VIR_ERR_<number>` for one this table does not know. */
  readonly name: string;
  readonly class: ErrorClass;
}

/**
 * Every virErrorNumber of libvirt 12.3, in order of its number. Where the daemon uses one number for several causes
 * (OPERATION_FAILED, RPC) the class is that of the cause a client can act on.
 * @see libvirt include/libvirt/virterror.h: virErrorNumber
 */
const TABLE: readonly (readonly [number, string, ErrorClass])[] = [
  [0, 'VIR_ERR_OK', 'unknown'],
  [1, 'VIR_ERR_INTERNAL_ERROR', 'unknown'],
  [2, 'VIR_ERR_NO_MEMORY', 'retry'],
  [3, 'VIR_ERR_NO_SUPPORT', 'unsupported'],
  [4, 'VIR_ERR_UNKNOWN_HOST', 'unknown'],
  [5, 'VIR_ERR_NO_CONNECT', 'permanent'],
  [6, 'VIR_ERR_INVALID_CONN', 'connection'],
  [7, 'VIR_ERR_INVALID_DOMAIN', 'unknown'],
  [8, 'VIR_ERR_INVALID_ARG', 'permanent'],
  [9, 'VIR_ERR_OPERATION_FAILED', 'retry'],
  [10, 'VIR_ERR_GET_FAILED', 'unknown'],
  [11, 'VIR_ERR_POST_FAILED', 'unknown'],
  [12, 'VIR_ERR_HTTP_ERROR', 'unknown'],
  [13, 'VIR_ERR_SEXPR_SERIAL', 'unknown'],
  [14, 'VIR_ERR_NO_XEN', 'unknown'],
  [15, 'VIR_ERR_XEN_CALL', 'unknown'],
  [16, 'VIR_ERR_OS_TYPE', 'unknown'],
  [17, 'VIR_ERR_NO_KERNEL', 'unknown'],
  [18, 'VIR_ERR_NO_ROOT', 'unknown'],
  [19, 'VIR_ERR_NO_SOURCE', 'unknown'],
  [20, 'VIR_ERR_NO_TARGET', 'unknown'],
  [21, 'VIR_ERR_NO_NAME', 'unknown'],
  [22, 'VIR_ERR_NO_OS', 'unknown'],
  [23, 'VIR_ERR_NO_DEVICE', 'unknown'],
  [24, 'VIR_ERR_NO_XENSTORE', 'unknown'],
  [25, 'VIR_ERR_DRIVER_FULL', 'unknown'],
  [26, 'VIR_ERR_CALL_FAILED', 'unknown'],
  [27, 'VIR_ERR_XML_ERROR', 'permanent'],
  [28, 'VIR_ERR_DOM_EXIST', 'permanent'],
  [29, 'VIR_ERR_OPERATION_DENIED', 'permanent'],
  [30, 'VIR_ERR_OPEN_FAILED', 'unknown'],
  [31, 'VIR_ERR_READ_FAILED', 'unknown'],
  [32, 'VIR_ERR_PARSE_FAILED', 'unknown'],
  [33, 'VIR_ERR_CONF_SYNTAX', 'unknown'],
  [34, 'VIR_ERR_WRITE_FAILED', 'unknown'],
  [35, 'VIR_ERR_XML_DETAIL', 'unknown'],
  [36, 'VIR_ERR_INVALID_NETWORK', 'unknown'],
  [37, 'VIR_ERR_NETWORK_EXIST', 'unknown'],
  [38, 'VIR_ERR_SYSTEM_ERROR', 'retry'],
  [39, 'VIR_ERR_RPC', 'connection'],
  [40, 'VIR_ERR_GNUTLS_ERROR', 'connection'],
  [41, 'VIR_WAR_NO_NETWORK', 'unknown'],
  [42, 'VIR_ERR_NO_DOMAIN', 'gone'],
  [43, 'VIR_ERR_NO_NETWORK', 'gone'],
  [44, 'VIR_ERR_INVALID_MAC', 'unknown'],
  [45, 'VIR_ERR_AUTH_FAILED', 'permanent'],
  [46, 'VIR_ERR_INVALID_STORAGE_POOL', 'unknown'],
  [47, 'VIR_ERR_INVALID_STORAGE_VOL', 'unknown'],
  [48, 'VIR_WAR_NO_STORAGE', 'unknown'],
  [49, 'VIR_ERR_NO_STORAGE_POOL', 'gone'],
  [50, 'VIR_ERR_NO_STORAGE_VOL', 'gone'],
  [51, 'VIR_WAR_NO_NODE', 'unknown'],
  [52, 'VIR_ERR_INVALID_NODE_DEVICE', 'unknown'],
  [53, 'VIR_ERR_NO_NODE_DEVICE', 'gone'],
  [54, 'VIR_ERR_NO_SECURITY_MODEL', 'unknown'],
  [55, 'VIR_ERR_OPERATION_INVALID', 'retry'],
  [56, 'VIR_WAR_NO_INTERFACE', 'unknown'],
  [57, 'VIR_ERR_NO_INTERFACE', 'gone'],
  [58, 'VIR_ERR_INVALID_INTERFACE', 'unknown'],
  [59, 'VIR_ERR_MULTIPLE_INTERFACES', 'unknown'],
  [60, 'VIR_WAR_NO_NWFILTER', 'unknown'],
  [61, 'VIR_ERR_INVALID_NWFILTER', 'unknown'],
  [62, 'VIR_ERR_NO_NWFILTER', 'unknown'],
  [63, 'VIR_ERR_BUILD_FIREWALL', 'unknown'],
  [64, 'VIR_WAR_NO_SECRET', 'unknown'],
  [65, 'VIR_ERR_INVALID_SECRET', 'unknown'],
  [66, 'VIR_ERR_NO_SECRET', 'gone'],
  [67, 'VIR_ERR_CONFIG_UNSUPPORTED', 'unsupported'],
  [68, 'VIR_ERR_OPERATION_TIMEOUT', 'retry'],
  [69, 'VIR_ERR_MIGRATE_PERSIST_FAILED', 'unknown'],
  [70, 'VIR_ERR_HOOK_SCRIPT_FAILED', 'permanent'],
  [71, 'VIR_ERR_INVALID_DOMAIN_SNAPSHOT', 'unknown'],
  [72, 'VIR_ERR_NO_DOMAIN_SNAPSHOT', 'gone'],
  [73, 'VIR_ERR_INVALID_STREAM', 'unknown'],
  [74, 'VIR_ERR_ARGUMENT_UNSUPPORTED', 'unsupported'],
  [75, 'VIR_ERR_STORAGE_PROBE_FAILED', 'unknown'],
  [76, 'VIR_ERR_STORAGE_POOL_BUILT', 'unknown'],
  [77, 'VIR_ERR_SNAPSHOT_REVERT_RISKY', 'unknown'],
  [78, 'VIR_ERR_OPERATION_ABORTED', 'unknown'],
  [79, 'VIR_ERR_AUTH_CANCELLED', 'permanent'],
  [80, 'VIR_ERR_NO_DOMAIN_METADATA', 'gone'],
  [81, 'VIR_ERR_MIGRATE_UNSAFE', 'unknown'],
  [82, 'VIR_ERR_OVERFLOW', 'unknown'],
  [83, 'VIR_ERR_BLOCK_COPY_ACTIVE', 'retry'],
  [84, 'VIR_ERR_OPERATION_UNSUPPORTED', 'unsupported'],
  [85, 'VIR_ERR_SSH', 'connection'],
  [86, 'VIR_ERR_AGENT_UNRESPONSIVE', 'retry'],
  [87, 'VIR_ERR_RESOURCE_BUSY', 'retry'],
  [88, 'VIR_ERR_ACCESS_DENIED', 'permanent'],
  [89, 'VIR_ERR_DBUS_SERVICE', 'retry'],
  [90, 'VIR_ERR_STORAGE_VOL_EXIST', 'permanent'],
  [91, 'VIR_ERR_CPU_INCOMPATIBLE', 'unknown'],
  [92, 'VIR_ERR_XML_INVALID_SCHEMA', 'permanent'],
  [93, 'VIR_ERR_MIGRATE_FINISH_OK', 'unknown'],
  [94, 'VIR_ERR_AUTH_UNAVAILABLE', 'permanent'],
  [95, 'VIR_ERR_NO_SERVER', 'unknown'],
  [96, 'VIR_ERR_NO_CLIENT', 'unknown'],
  [97, 'VIR_ERR_AGENT_UNSYNCED', 'retry'],
  [98, 'VIR_ERR_LIBSSH', 'connection'],
  [99, 'VIR_ERR_DEVICE_MISSING', 'gone'],
  [100, 'VIR_ERR_INVALID_NWFILTER_BINDING', 'unknown'],
  [101, 'VIR_ERR_NO_NWFILTER_BINDING', 'unknown'],
  [102, 'VIR_ERR_INVALID_DOMAIN_CHECKPOINT', 'unknown'],
  [103, 'VIR_ERR_NO_DOMAIN_CHECKPOINT', 'gone'],
  [104, 'VIR_ERR_NO_DOMAIN_BACKUP', 'gone'],
  [105, 'VIR_ERR_INVALID_NETWORK_PORT', 'unknown'],
  [106, 'VIR_ERR_NETWORK_PORT_EXIST', 'unknown'],
  [107, 'VIR_ERR_NO_NETWORK_PORT', 'unknown'],
  [108, 'VIR_ERR_NO_HOSTNAME', 'unknown'],
  [109, 'VIR_ERR_CHECKPOINT_INCONSISTENT', 'unknown'],
  [110, 'VIR_ERR_MULTIPLE_DOMAINS', 'permanent'],
  [111, 'VIR_ERR_NO_NETWORK_METADATA', 'gone'],
  [112, 'VIR_ERR_AGENT_COMMAND_TIMEOUT', 'retry'],
  [113, 'VIR_ERR_AGENT_COMMAND_FAILED', 'retry'],
  [114, 'VIR_ERR_INVALID_ENCR_KEY_SECRET', 'permanent'],
];

/** Every error number this package knows by name, in order. */
export const ERROR_NUMBERS: readonly ErrorNumber[] = TABLE.map(([number, name, errorClass]) => ({
  number,
  name,
  class: errorClass,
}));

const BY_NUMBER: ReadonlyMap<number, ErrorNumber> = new Map(ERROR_NUMBERS.map((entry) => [entry.number, entry]));

/** Looks a virErrorNumber up; one from a newer daemon gets the name `VIR_ERR_<number>` and the class `unknown`. */
export function errorNumber(number: number): ErrorNumber {
  return BY_NUMBER.get(number) ?? { number, name: `VIR_ERR_${String(number)}`, class: 'unknown' };
}

// SPDX-License-Identifier: Apache-2.0
// The one error of this room.

/** XML that cannot be read: not well-formed, over a limit, or another document than expected. Holds no XML: that may carry secrets. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  /** Stable: match on it. */
  readonly code = 'VIREO_XML';
}

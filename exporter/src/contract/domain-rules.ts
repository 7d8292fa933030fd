// SPDX-License-Identifier: Apache-2.0
// Rules that say which domains are watched, as the configuration gives them and hosts follow them.

/** Means the domains for which all that it says is true. */
export interface DomainRule {
  /** A pattern: `*` for any text, `?` for any one character. */
  readonly name?: string;
  /** In lower case. */
  readonly uuid?: string;
  /** What its XML says; nothing is known of it before that was read. */
  readonly metadata?: MetadataRule;
}

/** Means the domains whose XML has a value at a path. */
export interface MetadataRule {
  /** As the key `metadata` of the configuration has them. */
  readonly xpath: string;
  /** URIs by prefix. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** A pattern for the value; absent: any that is not empty. */
  readonly value?: string;
}

/** Watched are the domains that a rule of `include` means, or all when it has none, but those that one of `exclude` means. */
export interface DomainRules {
  readonly include: readonly DomainRule[];
  readonly exclude: readonly DomainRule[];
}
